"""The policies: what is in force, what comes next, and how it came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts.models import Role
from crm_api.contact_frequency.desk.models import PolicyDraft, PolicySimulation
from crm_api.contact_frequency.desk.policies import changes_between
from crm_api.contact_frequency.models import FrequencyPolicy, PolicyVersion
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest


def _policies(statement: sa.Select[Any], *, visible_to: Actor) -> sa.Select[Any]:
    """Leave out the policies of customers whom the actor may not see."""
    if visible_to.role in (Role.ADMIN, Role.AUDITOR):
        return statement
    mine = customers.limit_to(sa.select(Customer.id), visible_to=visible_to)
    is_for_many = FrequencyPolicy.scope_kind != ScopeKind.CUSTOMER
    return statement.where(sa.or_(is_for_many, FrequencyPolicy.scope_id.in_(mine)))


def get_policy(policy_id: str, *, visible_to: Actor) -> FrequencyPolicy:
    """Return a policy.

    :raises NotFound: if there is none, or it is for a customer whom the actor may not see
    """
    statement = sa.select(FrequencyPolicy).where(FrequencyPolicy.id == policy_id)
    policy: FrequencyPolicy | None = db.session.scalar(_policies(statement, visible_to=visible_to))
    if policy is None:
        raise NotFound("policy")
    return policy


def list_policies(*, visible_to: Actor, now: datetime, page: PageRequest) -> Page:
    """Return the policies by key, each with what is in force and what takes effect next."""
    statement = _policies(sa.select(FrequencyPolicy), visible_to=visible_to)
    found = fetch_page(statement, by=[FrequencyPolicy.key], page=page)
    versions = _versions_of([policy.id for policy in found.items])
    items = [_shown(policy, versions.get(policy.id, []), now=now) for policy in found.items]
    return Page(items, found.next_cursor)


def _versions_of(policy_ids: list[str]) -> dict[str, list[PolicyVersion]]:
    """Return the versions of some policies in the order in which they take effect."""
    statement = sa.select(PolicyVersion).where(PolicyVersion.policy_id.in_(policy_ids))
    by_date = statement.order_by(PolicyVersion.effective_from, PolicyVersion.number)
    found: dict[str, list[PolicyVersion]] = {}
    for version in db.session.scalars(by_date):
        found.setdefault(version.policy_id, []).append(version)
    return found


def _shown(
    policy: FrequencyPolicy, versions: list[PolicyVersion], *, now: datetime
) -> dict[str, Any]:
    effective = [version for version in versions if version.effective_from <= now]
    coming = [version for version in versions if version.effective_from > now]
    return {
        "id": policy.id,
        "key": policy.key,
        "scope_kind": policy.scope_kind,
        "scope_id": policy.scope_id,
        "loosens": policy.loosens,
        "newest_number": max((version.number for version in versions), default=0),
        "in_force": effective[-1] if effective else None,
        "next": coming[0] if coming else None,
    }


def list_versions(policy_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a policy's history, the newest version first: who, why, and what it changed.

    :raises NotFound: if there is no such policy, or none that the actor may see
    """
    policy = get_policy(policy_id, visible_to=visible_to)
    older = aliased(PolicyVersion)
    statement: Any = (
        sa.select(PolicyVersion, older, PolicyDraft, PolicySimulation)
        .outerjoin(
            older,
            sa.and_(
                older.policy_id == PolicyVersion.policy_id,
                older.number == PolicyVersion.number - 1,
            ),
        )
        .outerjoin(PolicyDraft, PolicyDraft.version_id == PolicyVersion.id)
        .outerjoin(PolicySimulation, PolicySimulation.id == _newest_simulation())
        .where(PolicyVersion.policy_id == policy.id)
    )
    by = [PolicyVersion.number, PolicyVersion.id]
    found = fetch_page(statement, by=by, page=page, descending=True)
    return Page([_told(*row[:4]) for row in found.items], found.next_cursor)


def _newest_simulation() -> sa.ScalarSelect[str]:
    other = aliased(PolicySimulation)
    statement = sa.select(other.id).where(other.draft_id == PolicyDraft.id)
    newest = statement.order_by(other.created_at.desc(), other.id.desc()).limit(1)
    return newest.correlate(PolicyDraft).scalar_subquery()


def _told(
    version: PolicyVersion,
    older: PolicyVersion | None,
    draft: PolicyDraft | None,
    simulation: PolicySimulation | None,
) -> dict[str, Any]:
    before = None if older is None else {"rule": older.rule, "is_retired": older.is_retired}
    after = {"rule": version.rule, "is_retired": version.is_retired}
    return {
        **{column.key: getattr(version, column.key) for column in version.__table__.columns},
        "draft_id": draft.id if draft else None,
        "drafted_at": draft.created_at if draft else None,
        "restores_number": draft.restores_number if draft else None,
        "simulated_by_id": simulation.by_id if simulation else None,
        "simulated_at": simulation.created_at if simulation else None,
        "approved_by_id": draft.settled_by_id if draft else None,
        "approved_at": draft.settled_at if draft else None,
        "approved_because": draft.settled_because if draft else None,
        "changes": changes_between(before, after),
    }
