"""Ask for an override, and decide on it: always two persons."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Staff
from crm_api.audit import service as audit
from crm_api.contact_frequency.errors import (
    CannotBeOverridden,
    NotRefused,
    NotYourOverride,
    OverrideLapsed,
    OverrideNeedsRole,
    OverrideOpen,
    OverrideQuotaSpent,
    OwnOverride,
)
from crm_api.contact_frequency.models import Override
from crm_api.contact_frequency.policies import read_facts
from crm_api.contact_frequency.policies.overriding import roles_of, waivers_of
from crm_api.contact_frequency.queries import lists, overrides
from crm_api.contact_frequency.terms import DecisionKind, OverrideState, Verdict
from crm_api.customers import locks
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import StoredDecision

QUOTA_OVER = timedelta(days=7)


def ask_override(
    decision_id: str, *, tolerance_minutes: int, reason: str, by: Actor, now: datetime
) -> Override:
    """Ask that the one contact which a decision refused may be made all the same.

    It is bound to that contact: its customer, channel, category, the visit it serves or the slot it
    would have moved, and its moment give or take the tolerance.

    :raises NotRefused: if the decision refused no plan
    :raises CannotBeOverridden: if a law, a wish, an opt-out, a death or the like is in the way
    :raises OverrideLapsed: if the contact's moment has passed
    :raises OverrideOpen: if there is one for this contact already
    :raises NotFound: if the actor may not see the decision's customer
    """
    decision = lists.get_decision(decision_id, visible_to=by)
    if decision.kind is not DecisionKind.REFUSAL or decision.verdict is not Verdict.BLOCKED:
        raise NotRefused
    locks.lock_subjects(customer_ids=[decision.customer_id])
    tolerance = timedelta(minutes=tolerance_minutes)
    if decision.asked_at + tolerance <= now:
        raise OverrideLapsed(lapsed_at=decision.asked_at + tolerance)
    known = overrides.find_open(decision, now=now)
    if known is not None:
        raise OverrideOpen(override_id=known.id)
    override = _asked(decision, tolerance=tolerance, reason=reason, by=by, now=now)
    db.session.add(override)
    db.session.flush()
    _record("override_asked", override, by=by, now=now, reason=reason)
    return override


def _asked(
    decision: StoredDecision, *, tolerance: timedelta, reason: str, by: Actor, now: datetime
) -> Override:
    trace, (plan, _, _) = decision.document, read_facts(decision.facts)
    roles = roles_of(trace)
    if not roles:
        raise CannotBeOverridden(reasons={r["code"] for r in trace["reasons"] if _is_in_way(r)})
    return Override(
        id=new_id(),
        created_at=now,
        decision_id=decision.id,
        customer_id=decision.customer_id,
        channel=decision.channel,
        category=decision.category,
        at=decision.asked_at,
        first_at=decision.asked_at - tolerance,
        last_at=decision.asked_at + tolerance,
        visit_id=plan.visit_id,
        moves_slot_id=decision.slot_id,
        waives=[list(pair) for pair in waivers_of(trace)],
        overridable_by=roles,
        lapses_at=decision.asked_at + tolerance,
        asked_by_id=by.id,
        reason=reason,
    )


def _is_in_way(reason: dict[str, Any]) -> bool:
    return reason["strength"] != "soft" and not reason["overridable_by"]


def approve_override(override_id: str, *, reason: str, by: Actor, now: datetime) -> Override:
    """Let the contact be made, once, within 24 hours. A repeat changes nothing.

    :raises OwnOverride: if the actor asked for it
    :raises OverrideNeedsRole: if the broken policies leave it to other roles
    :raises OverrideQuotaSpent: if the actor approved as many as one may
    :raises OverrideSettled: if it was decided already
    :raises OverrideLapsed: if the contact's moment has passed
    :raises NotFound: if the actor may not see its customer
    """
    override = _held(override_id, by=by)
    _require_second_person(override, by=by)
    if override.approved_by_id == by.id and override.approval_reason == reason:
        return override
    override.require_asked(at=now)
    _require_quota(by=by, now=now)
    override.approve(by_id=by.id, role=by.role, reason=reason, at=now)
    db.session.flush()
    _record("override_approved", override, by=by, now=now, reason=reason)
    return override


def decline_override(override_id: str, *, reason: str, by: Actor, now: datetime) -> Override:
    """Leave the contact refused. A repeat changes nothing.

    :raises OwnOverride: if the actor asked for it
    :raises OverrideNeedsRole: if the broken policies leave it to other roles
    :raises OverrideSettled: if it was decided already
    :raises NotFound: if the actor may not see its customer
    """
    override = _held(override_id, by=by)
    _require_second_person(override, by=by)
    if _ended_alike(override, OverrideState.DECLINED, reason=reason, by=by):
        return override
    override.decline(by_id=by.id, reason=reason, at=now)
    db.session.flush()
    _record("override_declined", override, by=by, now=now, reason=reason)
    return override


def cancel_override(override_id: str, *, reason: str, by: Actor, now: datetime) -> Override:
    """Take back what one asked for or approved, before it is used. A repeat changes nothing.

    :raises NotYourOverride: if others asked for it and approved it
    :raises OverrideSettled: if it ended, or was used
    :raises NotFound: if the actor may not see its customer
    """
    override = _held(override_id, by=by)
    if by.id not in (override.asked_by_id, override.approved_by_id):
        raise NotYourOverride
    if _ended_alike(override, OverrideState.CANCELLED, reason=reason, by=by):
        return override
    override.cancel(by_id=by.id, reason=reason, at=now)
    db.session.flush()
    _record("override_cancelled", override, by=by, now=now, reason=reason)
    return override


def _held(override_id: str, *, by: Actor) -> Override:
    seen = overrides.get_override(override_id, visible_to=by)
    locks.lock_subjects(customer_ids=[seen.customer_id])
    return overrides.get_override(override_id, visible_to=by)


def _require_second_person(override: Override, *, by: Actor) -> None:
    if override.asked_by_id == by.id:
        raise OwnOverride
    if by.role not in override.overridable_by:
        raise OverrideNeedsRole(roles=override.overridable_by)


def _ended_alike(override: Override, state: OverrideState, *, reason: str, by: Actor) -> bool:
    told = (override.state, override.ended_by_id, override.end_reason)
    return told == (state, by.id, reason)


def _require_quota(*, by: Actor, now: datetime) -> None:
    # The actor's own row is the lock: two approvals at once cannot both be the last one.
    db.session.execute(sa.select(Staff.id).where(Staff.id == by.id).with_for_update(key_share=True))
    most = config.current().overrides_per_week
    approvals = overrides.last_approvals(by.id, since=now - QUOTA_OVER, most=most)
    if len(approvals) >= most:
        raise OverrideQuotaSpent(per_week=most, frees_at=approvals[-1] + QUOTA_OVER)


def _record(action: str, override: Override, *, by: Actor, now: datetime, reason: str) -> None:
    audit.record(
        action,
        by_id=by.id,
        at=now,
        subject_kind="contact_override",
        subject_id=override.id,
        details={"customer_id": override.customer_id, "reason": reason},
    )
