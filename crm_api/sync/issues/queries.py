"""Reads of issues, limited to who sent them and who leads those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff
from crm_api.accounts.queries import subtree_team_ids
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page
from crm_api.sync.models import SyncIssue

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest


def get_issue(issue_id: str, *, visible_to: Actor, for_change: bool = False) -> SyncIssue:
    """Return an issue; for a change, as it is now, locked.

    :raises NotFound: if there is none, or the actor may not see it
    """
    sought = _visible(visible_to).where(SyncIssue.id == issue_id)
    if for_change:
        sought = sought.with_for_update(of=SyncIssue).execution_options(populate_existing=True)
    issue = db.session.scalars(sought).one_or_none()
    if issue is None:
        raise NotFound("issue")
    return issue


def list_issues(
    *, visible_to: Actor, page: PageRequest, is_settled: bool | None = None, **equal: str | None
) -> Page:
    """Return issues, the newest first; `equal` names columns and what they must hold."""
    statement = _visible(visible_to)
    if is_settled is not None:
        statement = statement.where(SyncIssue.settled_at.is_not(None) == is_settled)
    statement = statement.filter_by(**{n: value for n, value in equal.items() if value is not None})
    by = [SyncIssue.created_at, SyncIssue.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def _visible(actor: Actor) -> sa.Select[SyncIssue]:
    """Select what somebody sent; for a manager also what their people did.

    But of customers who are other teams' by now, as after a handover, only the sender has it.
    """
    statement = sa.select(SyncIssue)
    if actor.role in (Role.ADMIN, Role.AUDITOR):
        return statement
    is_own = SyncIssue.staff_id == actor.id
    if actor.role is not Role.MANAGER:
        return statement.where(is_own)
    led = sa.select(Staff.id).where(Staff.team_id.in_(subtree_team_ids(actor.team_path)))
    seen = customers.limit_to(sa.select(Customer.id), visible_to=actor)
    may_see = sa.or_(SyncIssue.customer_id.is_(None), SyncIssue.customer_id.in_(seen))
    return statement.where(sa.or_(is_own, sa.and_(SyncIssue.staff_id.in_(led), may_see)))
