"""Drafts, limited to the people who may weigh them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Staff
from crm_api.contact_frequency.desk.models import PolicyDraft
from crm_api.contact_frequency.desk.policies import changes_between, digest_of
from crm_api.contact_frequency.models import PolicyVersion
from crm_api.contact_frequency.policies.rules import from_document
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from typing import Any

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.desk.terms import DraftState
    from crm_api.contact_frequency.policies import Rule
    from crm_api.kit.paging import PageRequest


def _drafts(visible_to: Actor) -> sa.Select[PolicyDraft]:
    """Select what one's own people drafted, and drafts for customers whom one may see."""
    statement = sa.select(PolicyDraft)
    if visible_to.role is not Role.MANAGER:
        return statement
    own_people = sa.select(Staff.id).where(
        Staff.team_id.in_(accounts.subtree_team_ids(visible_to.team_path))
    )
    mine = customers.limit_to(sa.select(Customer.id), visible_to=visible_to)
    for_mine = sa.and_(PolicyDraft.scope_kind == ScopeKind.CUSTOMER, PolicyDraft.scope_id.in_(mine))
    return statement.where(sa.or_(PolicyDraft.author_id.in_(own_people), for_mine))


def get_draft(draft_id: str, *, visible_to: Actor) -> PolicyDraft:
    """Return a draft, as it is now.

    :raises NotFound: if there is none, or none that the actor may see
    """
    statement = _drafts(visible_to).where(PolicyDraft.id == draft_id)
    draft = db.session.scalar(statement.execution_options(populate_existing=True))
    if draft is None:
        raise NotFound("draft")
    return draft


def list_drafts(
    *, state: DraftState | None, policy_id: str | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return drafts, the newest first."""
    statement = _drafts(visible_to)
    if state is not None:
        statement = statement.where(PolicyDraft.state == state)
    if policy_id is not None:
        statement = statement.where(PolicyDraft.policy_id == policy_id)
    by = [PolicyDraft.created_at, PolicyDraft.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def show_draft(draft_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return a draft with what it would change in the version that it was written upon.

    :raises NotFound: if there is none, or none that the actor may see
    """
    draft = get_draft(draft_id, visible_to=visible_to)
    base = find_version(draft.policy_id, draft.base_number)
    before = None if base is None else {"rule": base.rule, "is_retired": base.is_retired}
    after = {"rule": draft.rule, "is_retired": draft.is_retired}
    shown = {column.key: getattr(draft, column.key) for column in sa.inspect(PolicyDraft).columns}
    return {
        **shown,
        "content_digest": content_digest(draft),
        "changes": changes_between(before, after),
        "taking_over": _taking_over(draft),
    }


def _taking_over(draft: PolicyDraft) -> list[Any]:
    """Return the policy's versions that take effect later than the draft would."""
    since = draft.effective_from or draft.settled_at or draft.created_at
    later = sa.select(PolicyVersion.number, PolicyVersion.effective_from).where(
        PolicyVersion.policy_id == draft.policy_id, PolicyVersion.effective_from > since
    )
    return list(db.session.execute(later.order_by(PolicyVersion.effective_from).limit(20)))


def find_version(policy_id: str | None, number: int) -> PolicyVersion | None:
    """Return one version of a policy, if there is such."""
    statement = sa.select(PolicyVersion).where(PolicyVersion.policy_id == policy_id)
    return db.session.scalar(statement.where(PolicyVersion.number == number))


def content_digest(draft: PolicyDraft) -> str:
    """Name what a draft says now."""
    return digest_of(
        key=draft.key,
        scope_kind=draft.scope_kind,
        scope_id=draft.scope_id,
        loosens=draft.loosens,
        rule=draft.rule,
        is_retired=draft.is_retired,
        effective_from=draft.effective_from,
        base_number=draft.base_number,
    )


def rule_of(draft: PolicyDraft) -> Rule:
    """Return the rule that a draft proposes."""
    return from_document(
        draft.rule,
        key=draft.key,
        version=draft.base_number + 1,
        scope_kind=draft.scope_kind,
        scope_id=draft.scope_id,
        loosens=draft.loosens,
    )
