"""What was refused before: its author says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import Invalid, NotFound
from crm_api.sync.issues import service
from crm_api.sync.issues.errors import IssueSettled
from crm_api.sync.issues.schemas import SyncIssueSettlementSchema
from crm_api.sync.pushing.decoding import decode, load, naming
from crm_api.sync.pushing.writers.shape import UNSAID, Writer

if TYPE_CHECKING:
    from crm_api.sync.pushing.values import Push, PushedRecord


def _change(record: PushedRecord, push: Push) -> None:
    told = decode(record, push, names=("settled_at", "settled_how"))
    if told.get("settled_at") is None:
        raise Invalid("/settled_at", "Say when it was settled.")
    with naming(how="settled_how"):
        content = load(SyncIssueSettlementSchema, {"how": told.get("settled_how") or UNSAID})
    service.settle_issue(record.id, **content, by=push.by, now=push.now)


WRITER = Writer(change=_change, refuses=(NotFound, IssueSettled, Invalid))
