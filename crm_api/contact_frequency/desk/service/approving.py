"""A second person lets a change take effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.models import Role
from crm_api.audit import service as audit
from crm_api.contact_frequency.desk.errors import (
    DraftOutdated,
    DraftSettled,
    OwnDraft,
    PolicyOutOfReach,
    SimulationMissing,
    SimulationOutdated,
)
from crm_api.contact_frequency.desk.queries import drafts, simulations
from crm_api.contact_frequency.desk.service.allowing import require_allowed
from crm_api.contact_frequency.desk.terms import DraftState
from crm_api.contact_frequency.service.policies import add_version, create_policy, newest_number
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.desk.models import PolicyDraft
    from crm_api.contact_frequency.models import PolicyVersion


def approve_draft(draft_id: str, *, reason: str, expected: int, by: Actor) -> dict[str, Any]:
    """Make a draft the next version of its policy.

    No decision is under way meanwhile, and the time is read when the last of them ended: what
    takes effect at once is known to every decision made from that time on.

    :raises OwnDraft: if the approver wrote it
    :raises PolicyOutOfReach: if it takes an administrator
    :raises StaleVersion: if it changed since the approver read it
    :raises DraftSettled: if it was approved by somebody else, or discarded
    :raises DraftOutdated: if the policy got another version meanwhile
    :raises SimulationMissing: if it was never simulated
    :raises SimulationOutdated: if it was changed since
    :raises PolicyExists: if its key was taken meanwhile
    :raises LegalPolicyLoosened: if it would allow what the law does not
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far any more
    :raises EffectiveInPast: if the day on which it should take effect is over
    :raises NotFound: if there is no such draft, or none that the actor may see
    """
    drafts.get_draft(draft_id, visible_to=by)
    now = clock.hold_policies_still(db.session())
    draft = drafts.get_draft(draft_id, visible_to=by)
    if draft.state is DraftState.APPROVED and draft.settled_by_id == by.id:
        return drafts.show_draft(draft.id, visible_to=by)
    if draft.state is not DraftState.DRAFT:
        raise DraftSettled(state=draft.state)
    _require_second_person(draft, by=by)
    require_version(draft, expected=expected, wanted={})
    _require_simulated(draft)
    require_allowed(draft, by=by, now=now)
    version = _lay_down(draft, now=now)
    draft.settle(DraftState.APPROVED, because=reason, by_id=by.id, at=now, version_id=version.id)
    db.session.flush()
    _record(draft, version, by=by, now=now)
    return drafts.show_draft(draft.id, visible_to=by)


def _require_second_person(draft: PolicyDraft, *, by: Actor) -> None:
    if draft.author_id == by.id:
        raise OwnDraft
    if draft.scope_kind is not ScopeKind.CUSTOMER and by.role is not Role.ADMIN:
        raise PolicyOutOfReach("A policy for more than one customer is an administrator's.")


def _require_simulated(draft: PolicyDraft) -> None:
    simulation = simulations.find_newest(draft.id)
    if simulation is None:
        raise SimulationMissing
    drafted = drafts.content_digest(draft)
    if simulation.content_digest != drafted:
        raise SimulationOutdated(simulated=simulation.content_digest, drafted=drafted)


def _lay_down(draft: PolicyDraft, *, now: datetime) -> PolicyVersion:
    content: dict[str, Any] = {
        "effective_from": draft.effective_from,
        "reason": draft.reason,
        "by_id": draft.author_id,
        "now": now,
    }
    rule = drafts.rule_of(draft)
    if draft.policy_id is None:
        return create_policy(rule, **content)
    newest = newest_number(draft.policy_id)
    if newest != draft.base_number:
        raise DraftOutdated(base_number=draft.base_number, newest_number=newest)
    return add_version(draft.policy_id, rule, is_retired=draft.is_retired, **content)


def _record(draft: PolicyDraft, version: PolicyVersion, *, by: Actor, now: datetime) -> None:
    details = {
        "draft_id": draft.id,
        "author_id": draft.author_id,
        "number": version.number,
        "effective_from": version.effective_from.isoformat(),
    }
    audit.record(
        "policy_approved",
        by_id=by.id,
        at=now,
        subject_kind="frequency_policy",
        subject_id=version.policy_id,
        details=details,
    )
