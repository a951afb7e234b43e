"""Let the one contact of an approved override go beyond what it was refused for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.errors import OverrideDoesNotFit, OverrideUnvouched
from crm_api.contact_frequency.models import Override
from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.policies.plain import decide_plainly
from crm_api.contact_frequency.queries.overrides import fact_of, find_approver_role
from crm_api.contact_frequency.terms import OverrunCause
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.service.ledger import Entries
    from crm_api.contact_frequency.values import Decision, Plan


def judge(
    plan: Plan, facts: Facts, entries: Entries, *, override_id: str | None
) -> tuple[Decision, Facts]:
    """Judge a plan, under an override where one is given and needed.

    The plan's subjects are locked: what two ask for at once, the second finds used.

    :raises OverrideDoesNotFit: if the override binds another contact
    :raises OverrideSettled: if nobody approved it, or it was used or taken back
    :raises OverrideLapsed: if its time is over
    :raises OverrideUnvouched: if who approved it has left, or may not any more
    :raises NotFound: if this customer has no such override
    """
    if override_id is None:
        frame, now = entries.frame, entries.now
        return decide_plainly(plan, facts, frame, now) or decide(plan, facts, frame, now), facts
    override = _fitting(override_id, plan, facts, entries)
    decision = decide(plan, replace(facts, override=None), entries.frame, entries.now)
    if decision.is_allowed:
        return decision, replace(facts, override=None)
    facts = replace(facts, override=fact_of(override))
    return decide(plan, facts, entries.frame, entries.now), facts


def _fitting(override_id: str, plan: Plan, facts: Facts, entries: Entries) -> Override:
    override = db.session.get(Override, override_id, populate_existing=True)
    if override is None or override.customer_id != plan.customer_id:
        raise NotFound("override")
    override.require_usable(at=entries.now)
    if find_approver_role(override) not in override.overridable_by:
        raise OverrideUnvouched
    differs = list(_differences(override, plan, own_slot=facts.own_slot))
    if differs:
        raise OverrideDoesNotFit(differs=differs)
    return override


def _differences(override: Override, plan: Plan, *, own_slot: str | None) -> Iterator[str]:
    if override.channel is not plan.channel:
        yield "channel"
    if override.category is not plan.category:
        yield "category"
    if not override.first_at <= plan.at <= override.last_at:
        yield "at"
    if override.moves_slot_id != own_slot:
        yield "moves_slot_id"
    if plan.channel is not Channel.VISIT and override.visit_id != plan.visit_id:
        yield "visit_id"


def apply(
    decision: Decision, entries: Entries, *, slot_id: str, kept: str | None = None
) -> str | None:
    """Record what a contact goes beyond by its override, and spend that; return its id.

    One that the slot stood under already is `kept`. None where no override was needed.
    """
    if decision.override is None or not decision.overridden:
        return None
    record_overruns(decision, entries, slot_id=slot_id)
    if decision.override.id != kept:
        db.session.get_one(Override, decision.override.id).use(slot_id=slot_id, at=entries.now)
    return decision.override.id


def record_overruns(decision: Decision, entries: Entries, *, slot_id: str) -> None:
    """Record each policy that an override let the contact break."""
    entries.add_overruns(
        decision.overridden,
        slot_id=slot_id,
        customer_id=decision.plan.customer_id,
        cause=OverrunCause.OVERRIDE,
    )
