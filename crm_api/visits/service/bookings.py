"""A visit's slot in the ledger and its contact in the history: what lower floors must learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history import service as contact_history
from crm_api.contact_history.terms import Direction, Outcome
from crm_api.contact_history.values import NewContact
from crm_api.customers.terms import Channel
from crm_api.visits import queries
from crm_api.visits.terms import Booking, VisitStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.visits.models import Visit


def book(visit: Visit, *, at: datetime, by_id: str, override_id: str | None = None) -> None:
    """Reserve the visit's slot, if need be under an override.

    :raises ContactBlocked: with every reason and the next free moment
    """
    slot = contact_frequency.reserve_slot(_plan(visit, at=at), by_id=by_id, override_id=override_id)
    visit.stand_booked(slot.id)
    visit.warnings = queries.reasons_of(slot.decision_id)


def book_or_keep(visit: Visit, *, by_id: str) -> None:
    """Reserve the slot of a visit that a phone planned or moved; where it is refused, keep why.

    The account manager may have told the customer: to forget the plan would help nobody.
    """
    try:
        rebook(visit, at=visit.starts_at, by_id=by_id, override_id=None)
    except ContactBlocked as refusal:
        if visit.booking is Booking.RESERVED:
            # Nobody comes at the old time. Asked anew, an override can bind what stands now.
            give_back(visit, reason="moved_against_the_caps")
            book_or_keep(visit, by_id=by_id)
        else:
            _keep_refusal(visit, refusal)


def _keep_refusal(visit: Visit, refusal: ContactBlocked) -> None:
    if refusal.remember is not None:
        refusal.remember()  # here and now: nothing is rolled back
    decision = refusal.decision
    visit.stand_refused(
        because=queries.reasons_in(decision.document),
        next_allowed_at=decision.next_allowed_at,
        refusal_id=refusal.details["decision_id"],
    )


def rebook(visit: Visit, *, at: datetime, by_id: str, override_id: str | None) -> None:
    """Move the visit's slot, or reserve one; where that is illegal, the old one stays.

    :raises ContactBlocked: with every reason and the next free moment
    """
    if visit.booking is not Booking.RESERVED or visit.slot_id is None:
        book(visit, at=at, by_id=by_id, override_id=override_id)
        return
    slot = contact_frequency.move_slot(visit.slot_id, to=at, by_id=by_id, override_id=override_id)
    visit.warnings = queries.reasons_of(slot.decision_id)


def give_back(visit: Visit, *, reason: str) -> None:
    """Release the visit's slot, if it holds one."""
    if visit.booking is Booking.RESERVED and visit.slot_id:
        contact_frequency.release_slot(visit.slot_id, reason=reason)
        visit.booking = Booking.RELEASED


def begin(visit: Visit, *, at: datetime, now: datetime, by_id: str) -> None:
    """Tell the governor that somebody stands at the door. It warns and never refuses."""
    if visit.booking is Booking.RESERVED and visit.slot_id:
        contact_frequency.start_visit_slot(visit.slot_id, at=at)
    else:
        _record_fact(visit, outcome=Outcome.REACHED, at=at, now=now, by_id=by_id)
    visit.warnings = queries.overruns_of(visit.slot_id or "")


def settle(
    visit: Visit, *, outcome: Outcome, at: datetime, now: datetime, by_id: str, summary: str
) -> None:
    """Consume the visit's slot and make the visit a contact."""
    if visit.booking is Booking.RESERVED and visit.slot_id:
        contact_frequency.consume_slot(visit.slot_id, occurred_at=at, outcome=outcome)
    elif visit.slot_id is None:
        _record_fact(visit, outcome=outcome, at=at, now=now, by_id=by_id)
    entry = NewContact(
        customer_id=visit.customer_id,
        occurred_at=at,
        channel=Channel.VISIT,
        direction=Direction.OUTBOUND,
        category=visit.category,
        purpose=visit.purpose,
        summary=summary,
        outcome=outcome,
        with_whom=", ".join(person.name for person in visit.persons),
        source=f"visit:{visit.id}",
        visit_id=visit.id,
    )
    contact = contact_history.record_contact(entry, by_id=by_id, now=now, slot_id=visit.slot_id)
    visit.contact_id = contact.id


def count_unplanned(visit: Visit, *, now: datetime, by_id: str) -> None:
    """Count a visit for everybody whom a phone says it met beyond the plan, each once."""
    counted = queries.customers_touched(visit.slot_id)
    for person in visit.persons:
        if person.is_planned or person.was_met is False or person.customer_id is None:
            continue
        if person.customer_id not in counted:
            count_met(visit, person.customer_id, now=now, by_id=by_id)


def count_met(visit: Visit, customer_id: str, *, now: datetime, by_id: str) -> None:
    """Count the visit for a customer whom it met beyond the plan: a fact, and never refused."""
    counted = {*visit.met_ids, *queries.groups_of(visit.met_ids)} - {customer_id}
    groups = [group for group in queries.groups_of([customer_id]) if group not in counted]
    at = visit.checked_in_at or visit.starts_at
    plan = Plan(
        customer_id=customer_id,
        channel=Channel.VISIT,
        category=visit.category,
        at=at,
        also_customer_ids=tuple(groups),
        visit_id=visit.id,
        source=f"visit:{visit.id}:met:{customer_id}",
    )
    contact_frequency.record_fact(
        plan, occurred_at=at, recorded_at=now, outcome=Outcome.REACHED, by_id=by_id
    )


def _record_fact(
    visit: Visit, *, outcome: Outcome, at: datetime, now: datetime, by_id: str
) -> None:
    slot = contact_frequency.record_fact(
        _plan(visit, at=at), occurred_at=at, recorded_at=now, outcome=outcome, by_id=by_id
    )
    visit.slot_id = slot.id


def _plan(visit: Visit, *, at: datetime) -> Plan:
    met = visit.met_ids
    touched = dict.fromkeys([*met[1:], *queries.groups_of(met)])
    return Plan(
        customer_id=visit.customer_id,
        channel=Channel.VISIT,
        category=visit.category,
        at=at,
        also_customer_ids=tuple(c for c in touched if c != visit.customer_id),
        visit_id=visit.id,
        source=f"visit:{visit.id}",
        is_agreed=visit.status is VisitStatus.CONFIRMED,
    )
