"""Settle what a phone sent in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.sync.issues import queries
from crm_api.sync.issues.errors import IssueSettled

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.models import SyncIssue


def settle_issue(issue_id: str, *, how: str, by: Actor, now: datetime) -> SyncIssue:
    """Say what became of what a phone sent in vain; it then leaves the phones.

    Said again in the same words, as by a repeated request, it is so already.

    :raises NotFound: if there is no such issue, or the actor may not see it
    :raises IssueSettled: if it was settled in other words
    """
    issue = queries.get_issue(issue_id, visible_to=by, for_change=True)
    if issue.settled_at is None:
        issue.settled_at, issue.settled_by_id, issue.settled_how = now, by.id, how
        _tell(issue, by=by, now=now)
    elif issue.settled_how != how:
        raise IssueSettled(settled_at=issue.settled_at, settled_how=issue.settled_how or "")
    return issue


def _tell(issue: SyncIssue, *, by: Actor, now: datetime) -> None:
    audit.record(
        "sync_issue_settled",
        by_id=by.id,
        at=now,
        subject_kind="sync_issue",
        subject_id=issue.id,
        details={"code": issue.code, "staff_id": issue.staff_id},
    )
