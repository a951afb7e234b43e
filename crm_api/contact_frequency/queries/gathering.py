"""Read what a chunk of plans rests on. Columns only: no row of the session may be out of date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import Hold, OptOut, OptOutCustomer, Slot, SlotSubject
from crm_api.contact_frequency.models.slots import COUNTS, TAKEN, TAKEN_OCCURRENCE
from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.facts import HoldFact, OptOutFact, SlotFact
from crm_api.contact_frequency.policies.search import HORIZON
from crm_api.contact_frequency.queries.known import Known, Visit, met_by
from crm_api.contact_frequency.queries.standings import standing_of
from crm_api.contact_frequency.terms import Counting, HoldKind, Period
from crm_api.customers import queries as customers
from crm_api.customers.terms import Category, Channel
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies import PolicyFrame, Rule
    from crm_api.contact_frequency.values import Plan

_is_its_customer = sa.and_(
    SlotSubject.slot_id == Slot.id, SlotSubject.subject_id == Slot.customer_id
)
_PERIOD_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}


def gather(plans: Sequence[Plan], *, frame: PolicyFrame, now: datetime) -> Known:
    """Read what bears on these plans.

    :raises NotFound: if a customer does not exist
    """
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    groups = customers.same_person_ids(met)
    everyone = sorted({member for group in groups.values() for member in group})
    governed = customers.governed_facts(everyone)
    if not met <= governed.keys():
        raise NotFound("customer")
    numbers = {p.endpoint for p in plans if p.endpoint}
    numbers |= {n for p in plans if (n := governed[p.customer_id].phone) is not None}
    holds = _holds(everyone)
    by_number, by_customer = _opt_outs(numbers, everyone)
    standings = {
        customer_id: standing_of(
            [governed[member] for member in groups[customer_id]],
            own=governed[customer_id],
            holds=holds,
            opt_outs=by_customer,
            zone=frame.zone,
        )
        for customer_id in met
    }
    span = _span(plans, frame.rules, now)
    return Known(
        groups=groups,
        standings=standings,
        slots=_slots([*everyone, *sorted(numbers)], *span),
        opt_outs=by_number,
        occurrences=_occurrences(plans, everyone),
        visits=_visits({p.visit_id for p in plans if p.visit_id}),
    )


def _span(plans: Sequence[Plan], rules: tuple[Rule, ...], now: datetime) -> tuple[int, int]:
    """Return from when to when contacts can bear on these plans: not on all of history."""
    width = max((_width(rule) for rule in rules), default=timedelta(days=1))
    first = min(now, *(plan.at for plan in plans)) - width
    last = max(now, *(plan.at for plan in plans)) + width
    return moments.micros(first), moments.micros(last) + HORIZON


def _width(rule: Rule) -> timedelta:
    days = (rule.days or 0) + (_PERIOD_DAYS[rule.period] if rule.period else 0)
    return timedelta(days=days + 1, seconds=rule.seconds or 0)


def _slots(subject_ids: Sequence[str], first: int, last: int) -> dict[str, list[SlotFact]]:
    table = SlotSubject.__table__.c
    statement = (
        sa.select(
            table.subject_id,
            table.slot_id,
            table.effective_micros,
            table.channel,
            table.category,
            table.unit,
            table.counting,
            table.claim,
            table.occasion_class,
        )
        .where(is_among(table.subject_id, subject_ids), COUNTS)
        .where(table.effective_micros.between(first, last))
        .order_by(table.subject_id, table.effective_micros, table.slot_id)
    )
    found: dict[str, list[SlotFact]] = {}
    for subject_id, *fact in db.session.execute(statement):
        found.setdefault(subject_id, []).append(SlotFact(*fact))
    return found


def _holds(customer_ids: Sequence[str]) -> list[tuple[str | None, str | None, HoldFact]]:
    """Return the holds on these customers, and on regions, of which there are few."""
    table = Hold.__table__.c
    statement = (
        sa.select(table.customer_id, table.team_path, table.kind, table.from_at, table.until_at)
        .where(sa.text("lifted_at IS NULL"))
        .where(sa.or_(is_among(table.customer_id, customer_ids), table.team_path.is_not(None)))
        .order_by(table.id)
    )
    return [
        (
            row.customer_id,
            row.team_path,
            HoldFact(
                row.kind,
                moments.micros(row.from_at),
                None if row.until_at is None else moments.micros(row.until_at),
                is_firm=row.kind is HoldKind.MOURNING,
            ),
        )
        for row in db.session.execute(statement)
    ]


_OptOuts = dict[str, tuple[OptOutFact, ...]]


def _opt_outs(numbers: Collection[str], customer_ids: Sequence[str]) -> tuple[_OptOuts, _OptOuts]:
    """Return the opt-outs by number, and by customer, whom they follow."""
    follows = sa.select(OptOutCustomer.opt_out_id).where(
        is_among(OptOutCustomer.customer_id, customer_ids)
    )
    statement = (
        sa.select(OptOut.id, OptOut.number, OptOut.channel, OptOut.categories)
        .add_columns(OptOutCustomer.customer_id)
        .outerjoin(OptOutCustomer, OptOutCustomer.opt_out_id == OptOut.id)
        .where(sa.text("opt_outs.lifted_at IS NULL"))
        .where(sa.or_(is_among(OptOut.number, sorted(numbers)), OptOut.id.in_(follows)))
        .order_by(OptOut.id, OptOutCustomer.customer_id)
    )
    by_number: dict[str, dict[str, OptOutFact]] = {}
    by_customer: dict[str, dict[str, OptOutFact]] = {}
    for row in db.session.execute(statement):
        fact = OptOutFact(row.channel, tuple(Category(c) for c in row.categories))
        by_number.setdefault(row.number, {})[row.id] = fact
        if row.customer_id is not None:
            by_customer.setdefault(row.customer_id, {})[row.id] = fact
    return _listed(by_number), _listed(by_customer)


def _listed(found: dict[str, dict[str, OptOutFact]]) -> _OptOuts:
    return {key: tuple(facts.values()) for key, facts in found.items()}


def _occurrences(plans: Sequence[Plan], customer_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    wanted = sorted({plan.occurrence for plan in plans if plan.occurrence})
    if not wanted:
        return {}
    statement = (
        sa.select(Slot.customer_id, Slot.occurrence, Slot.id)
        .where(is_among(Slot.customer_id, customer_ids), is_among(Slot.occurrence, wanted))
        .where(TAKEN_OCCURRENCE)
    )
    rows: Any = db.session.execute(statement)
    return {(customer_id, occurrence): slot_id for customer_id, occurrence, slot_id in rows}


def _visits(visit_ids: Collection[str]) -> dict[str, Visit]:
    if not visit_ids:
        return {}
    statement = (
        sa.select(Slot.visit_id, Slot.id, Slot.channel, Slot.effective_at)
        .add_columns(SlotSubject.unit, SlotSubject.counting)
        .join(SlotSubject, _is_its_customer)
        .where(Slot.visit_id.in_(sorted(visit_ids)), TAKEN)
        .order_by(Slot.id)
    )
    found: dict[str, Visit] = {}
    for visit_id, slot_id, channel, at, unit, counting in db.session.execute(statement):
        visit = found.setdefault(str(visit_id), Visit())
        if channel is Channel.VISIT:
            visit.at = moments.micros(at)
        elif unit == visit_id and counting is not Counting.NONE:
            # What the customer began, or came too late to serve the visit, uses up nothing.
            visit.contacts.add(slot_id)
    return found
