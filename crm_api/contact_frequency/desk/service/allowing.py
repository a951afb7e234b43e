"""Who may change which policy, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.models import Role
from crm_api.contact_frequency.desk.errors import LegalPolicyLoosened, PolicyOutOfReach
from crm_api.contact_frequency.desk.policies import loosened_fields
from crm_api.contact_frequency.desk.queries import drafts
from crm_api.contact_frequency.policies.rules import from_document
from crm_api.contact_frequency.service.policies import check_loosening, not_past
from crm_api.contact_frequency.terms import ScopeKind, Strength
from crm_api.customers import queries as customers
from crm_api.customers.segments import queries as segments

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.desk.models import PolicyDraft
    from crm_api.contact_frequency.policies import Rule

THE_LAW = 1  # a policy's first version says what the law asks for


def require_allowed(draft: PolicyDraft, *, by: Actor, now: datetime) -> None:
    """Check whatever may have become wrong since: asked when drafting, and again when approving.

    :raises PolicyOutOfReach: if it is legal and the actor no administrator
    :raises LegalPolicyLoosened: if it would allow what the law does not
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should apply before now
    :raises NotFound: if it is for a customer or segment that the actor may not see
    """
    rule, law = drafts.rule_of(draft), _law(draft)
    _require_seen(draft, by=by)
    if by.role is not Role.ADMIN and (law is not None or rule.strength is Strength.LEGAL):
        raise PolicyOutOfReach("A legal policy is drafted and approved by administrators.")
    if law is not None:
        loosened = loosened_fields(rule, law=law) + ["is_retired"] * draft.is_retired
        if loosened:
            raise LegalPolicyLoosened(loosened)
    effective_from = not_past(draft.effective_from, now)
    if not draft.is_retired:
        check_loosening(rule, at=effective_from)


def _require_seen(draft: PolicyDraft, *, by: Actor) -> None:
    if draft.scope_kind is ScopeKind.CUSTOMER:
        customers.get_customer(draft.scope_id, visible_to=by)
    if draft.scope_kind is ScopeKind.SEGMENT:
        segments.get_segment(draft.scope_id, visible_to=by)


def _law(draft: PolicyDraft) -> Rule | None:
    """Return what the law asks for, where a draft is about a legal policy."""
    versions = [drafts.find_version(draft.policy_id, n) for n in (THE_LAW, draft.base_number)]
    rules = [from_document(v.rule, key=draft.key) for v in versions if v is not None]
    legal = [rule for rule in rules if rule.strength is Strength.LEGAL]
    return legal[0] if legal else None
