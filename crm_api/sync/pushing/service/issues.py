"""Keep what was refused for good, so that its author and their managers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.sync.models import SyncIssue
from crm_api.sync.pushing import queries
from crm_api.sync.pushing.service.locking import OF_CUSTOMERS
from crm_api.sync.pushing.values import VISITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.sync.pushing.values import Push, PushedRecord, Rejection


def keep_issue(
    rejection: Rejection, push: Push, *, device_id: str, customer_id: str | None
) -> SyncIssue:
    """Keep a refused record with its content; told again alike, it is one issue.

    It goes with whomever it is about, so that it is forgotten with them. About somebody who was
    forgotten already, nothing is kept but that it came.
    """
    record = rejection.record
    concerned = list(dict.fromkeys(_concerned(record, push, customer_id)))
    forgotten = queries.forgotten(concerned)
    content = {} if forgotten else _content(record)
    theirs = queries.known_to(concerned, by=push.by) | forgotten
    for known in queries.unsettled_issues(record, by=push.by, code=rejection.code):
        if known.op is record.op and known.content == content:
            return known
    issue = SyncIssue(
        id=new_id(),
        staff_id=push.by.id,
        device_id=device_id,
        table_name=record.table.name,
        record_id=record.id,
        op=record.op,
        customer_id=next((one for one in concerned if one in theirs), None),
        code=rejection.code,
        field=rejection.field,
        message=rejection.message,
        content=content,
        next_allowed_at=rejection.next_allowed_at,
        created_at=push.now,
    )
    db.session.add(issue)
    db.session.flush()
    return issue


def _concerned(record: PushedRecord, push: Push, customer_id: str | None) -> Iterator[str]:
    """Yield who a record is about, as the server knows or as its row and its visit's say."""
    visit_id = record.text("visit_id")
    own = record.id if record.table.name in OF_CUSTOMERS else None
    of_visit = [o.text("customer_id") for o in push.records if o.key == (VISITS, visit_id)]
    met = () if visit_id is None else queries.whose_visit(visit_id, by=push.by)
    yield from filter(None, (customer_id, own, record.text("customer_id"), *met, *of_visit))


def _content(record: PushedRecord) -> dict[str, Any]:
    """Return the row as it came, and what of it was edited."""
    return {"row": dict(record.row), "edited": sorted(record.edited)}
