"""Keep what was refused for good, so that its author and their managers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.sync.models import SyncIssue
from crm_api.sync.pushing import queries

if TYPE_CHECKING:
    from crm_api.sync.pushing.values import Push, PushedRecord, Rejection


def keep_issue(
    rejection: Rejection, push: Push, *, device_id: str, customer_id: str | None
) -> SyncIssue:
    """Keep a refused record with its content; told again alike, it is one issue."""
    record, content = rejection.record, _content(rejection.record)
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
        customer_id=customer_id,
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


def _content(record: PushedRecord) -> dict[str, Any]:
    """Return the row as it came, and what of it was edited."""
    return {"row": dict(record.row), "edited": sorted(record.edited)}
