"""Show what a change would have done and would do, before anybody lets it."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.desk.errors import DraftSettled
from crm_api.contact_frequency.desk.models import (
    PolicySimulation,
    SimulatedContact,
    SimulatedCustomer,
)
from crm_api.contact_frequency.desk.policies import owners_in, standing_rules
from crm_api.contact_frequency.desk.queries import drafts, simulations
from crm_api.contact_frequency.desk.queries.coverage import DAYS, find_coverage
from crm_api.contact_frequency.desk.queries.refusals import find_refused
from crm_api.contact_frequency.desk.terms import DraftState
from crm_api.contact_frequency.desk.values import Comparison, Found
from crm_api.contact_frequency.policies.matching import segments_in
from crm_api.contact_frequency.queries.frames import DatedRule, dated_rules, frame_of, in_force
from crm_api.customers.models import Customer
from crm_api.customers.segments import queries as segments
from crm_api.customers.terms import Category, Channel
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import reading_apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.desk.policies.spreading import Kind
    from crm_api.contact_frequency.policies import Rule

PAST = timedelta(days=90)
AHEAD = timedelta(days=DAYS)


def simulate_draft(draft_id: str, *, by: Actor, now: datetime) -> dict[str, Any]:
    """Simulate a draft as it is, and keep what was found for whoever approves it.

    It looks for seconds and must not keep anybody waiting: it reads apart, and writes afterwards.

    :raises DraftSettled: if it was approved or discarded
    :raises NotFound: if there is no such draft, or none that the actor may see
    """
    draft = drafts.get_draft(draft_id, visible_to=by)
    if draft.state is not DraftState.DRAFT:
        raise DraftSettled(state=draft.state)
    digest, rule = drafts.content_digest(draft), drafts.rule_of(draft)
    is_retired, effective_from = draft.is_retired, draft.effective_from
    with reading_apart():
        comparison = compare_with(
            rule, is_retired=is_retired, effective_from=effective_from, now=now
        )
        found = simulate(comparison, step=lambda: None)
    # Held and read again, for it may be settled by now; content that changed has another digest.
    simulations.lock_draft(draft_id)
    draft = drafts.get_draft(draft_id, visible_to=by)
    if draft.state is not DraftState.DRAFT:
        raise DraftSettled(state=draft.state)
    _keep(found, comparison, draft_id=draft.id, digest=digest, by=by)
    return simulations.show_simulation(draft.id, visible_to=by)


def compare_with(
    rule: Rule, *, is_retired: bool, effective_from: datetime | None, now: datetime
) -> Comparison:
    """Set the policies with a change in them against those without, from its first day on.

    Whose a policy is never changes: where there is one of this key, the rule is for its people.
    """
    rule = _identified(rule)
    begins = max(now, effective_from or now)
    versions = dated_rules()
    changed = [*versions, DatedRule(begins, is_retired, rule)]
    return Comparison(
        before=frame_of(in_force(versions, at=begins), now=now),
        after=frame_of(in_force(changed, at=begins), now=now),
        past_from=now - PAST,
        now=now,
        ahead_from=begins,
        ahead_until=begins + AHEAD,
        channel=Channel.CALL if Channel.CALL in rule.channels else _first(Channel, rule.channels),
        category=_first(Category, rule.categories),
    )


def _identified(rule: Rule) -> Rule:
    known = next((v.rule for v in dated_rules() if v.rule.key == rule.key), rule)
    names = ("scope_kind", "scope_id", "loosens")
    return replace(rule, **{name: getattr(known, name) for name in names})


def _first(words: Any, chosen: frozenset[Any]) -> Any:
    return next(word for word in words if word in chosen)


def simulate(comparison: Comparison, *, step: Callable[[], object]) -> Found:
    """Find whom a change refuses and how coverage moves. Reads only; `step` after each rule."""
    before, after = comparison.before.rules, comparison.after.rules
    comparison = replace(comparison, members=_members(comparison))
    stamps = {"", *comparison.members.values()}
    owners = _kinds_of(owners_in((*before, *after)), comparison)
    standings = {
        "before": standing_rules(before, stamps=stamps, owners=owners),
        "after": standing_rules(after, stamps=stamps, owners=owners),
    }
    contacts = find_refused(comparison, **standings, apart=sorted(owners), step=step)
    coverage, customers = find_coverage(comparison, **standings, apart=sorted(owners), step=step)
    return Found(contacts, customers, coverage)


def _members(comparison: Comparison) -> dict[str, str]:
    """Return who is in which of the segments that policies name, as of today."""
    named = segments_in((*comparison.before.rules, *comparison.after.rules))
    if not named:
        return {}
    today = comparison.now.astimezone(comparison.before.zone).date()
    found = segments.memberships(named, today=today)
    return {customer_id: ",".join(ids) for customer_id, ids in found.items()}


def _kinds_of(customer_ids: set[str], comparison: Comparison) -> dict[str, Kind]:
    statement = sa.select(Customer.id, Customer.tier).where(Customer.id.in_(customer_ids))
    rows = db.session.execute(statement)
    return {row.id: (row.tier, comparison.members.get(row.id, "")) for row in rows}


def _keep(found: Found, comparison: Comparison, *, draft_id: str, digest: str, by: Actor) -> None:
    """Store what was found; of what was found before, the figures stay and the details go."""
    older = sa.select(PolicySimulation.id).where(PolicySimulation.draft_id == draft_id)
    for table in (SimulatedContact, SimulatedCustomer):
        db.session.execute(sa.delete(table).where(table.simulation_id.in_(older)))
    simulation = PolicySimulation(
        id=new_id(),
        created_at=comparison.now,
        draft_id=draft_id,
        content_digest=digest,
        by_id=by.id,
        past_from=comparison.past_from,
        ahead_from=comparison.ahead_from,
        ahead_until=comparison.ahead_until,
        channel=comparison.channel,
        category=comparison.category,
        coverage=[asdict(figures) for figures in found.coverage],
    )
    db.session.add(simulation)
    db.session.flush()
    of_this = {"simulation_id": simulation.id}
    insert_rows(SimulatedContact, [{**of_this, **asdict(c)} for c in found.contacts])
    insert_rows(SimulatedCustomer, [{**of_this, **asdict(c)} for c in found.customers])
