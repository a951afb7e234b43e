"""What people may look up: limited to the customers whom they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency.models import (
    Hold,
    OptOut,
    OptOutCustomer,
    Overrun,
    Slot,
    SlotSubject,
    StoredDecision,
)
from crm_api.contact_frequency.models.slots import TAKEN, TO_REPLAN
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.customers.terms import Channel
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

PLANNED_BY_HAND = "planned_call:"
T = TypeVar("T", Slot, StoredDecision, Overrun)


def _own(model: type[T], *, visible_to: Actor) -> sa.Select[T]:
    statement = sa.select(model).join(Customer, Customer.id == model.customer_id)
    return customers.limit_to(statement, visible_to=visible_to)


def get_reservation(slot_id: str, *, visible_to: Actor) -> Slot:
    """Return a contact that somebody planned by hand.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    by_hand = Slot.source.startswith(PLANNED_BY_HAND, autoescape=True)
    statement = _own(Slot, visible_to=visible_to).where(Slot.id == slot_id, by_hand)
    slot = db.session.scalar(statement)
    if slot is None:
        raise NotFound("reservation")
    return slot


def require_visit(visit_id: str | None, *, customer_id: str, is_ahead: bool) -> None:
    """Make sure that a contact serves a visit to its own customer, for it counts once with that.

    What is planned serves a visit that still stands; what happened may have served one that fell.

    :raises NotFound: if the ledger knows no such visit
    """
    if visit_id is not None:
        require_visits({(visit_id, customer_id)}, is_ahead=is_ahead)


def require_visits(serving: Collection[tuple[str, str]], *, is_ahead: bool) -> None:
    """Make sure that each of these visits meets the customer named with it: see `require_visit`.

    :raises NotFound: if the ledger knows no such visit
    """
    if not serving:
        return
    visits = sa.select(Slot.visit_id, SlotSubject.subject_id)
    visits = visits.join(SlotSubject, SlotSubject.slot_id == Slot.id)
    wanted = sorted({visit_id for visit_id, _ in serving})
    visits = visits.where(is_among(Slot.visit_id, wanted), Slot.channel == Channel.VISIT)
    if is_ahead:
        visits = visits.where(TAKEN)
    met = {(row.visit_id, row.subject_id) for row in db.session.execute(visits)}
    persons = customers.same_person_ids({customer_id for _, customer_id in serving})
    for visit_id, customer_id in serving:
        if not any((visit_id, one) in met for one in persons[customer_id]):
            raise NotFound("visit")


def list_reservations(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a customer's slots of all kinds, the farthest ahead first.

    :raises NotFound: if the actor may not see the customer
    """
    whose = customers.span_of(customer_id, visible_to=visible_to)
    statement = sa.select(Slot).where(Slot.customer_id.in_(whose))
    return fetch_page(statement, by=[Slot.effective_at, Slot.id], page=page, descending=True)


def list_to_replan(*, customer_id: str | None, visible_to: Actor, page: PageRequest) -> Page:
    """Return what is planned and illegal by now, the soonest first."""
    statement = _own(Slot, visible_to=visible_to).where(TO_REPLAN)
    if customer_id is not None:
        statement = statement.where(Slot.customer_id == customer_id)
    return fetch_page(statement, by=[Slot.effective_at, Slot.id], page=page)


def list_late_contacts(*, visible_to: Actor, page: PageRequest) -> Page:
    """Return contacts told of so late that a manager should look at them, the oldest first."""
    statement = _own(Slot, visible_to=visible_to).where(sa.text("contact_slots.needs_look"))
    return fetch_page(statement, by=[Slot.created_at, Slot.id], page=page)


def get_decision(decision_id: str, *, visible_to: Actor) -> StoredDecision:
    """Return an answer of the governor.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    statement = _own(StoredDecision, visible_to=visible_to)
    decision = db.session.scalar(statement.where(StoredDecision.id == decision_id))
    if decision is None:
        raise NotFound("decision")
    return decision


def list_decisions(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return the answers of the governor about a customer, the newest first.

    :raises NotFound: if the actor may not see the customer
    """
    whose = customers.span_of(customer_id, visible_to=visible_to)
    statement = sa.select(StoredDecision).where(StoredDecision.customer_id.in_(whose))
    by = [StoredDecision.created_at, StoredDecision.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def list_overruns(
    *, customer_id: str | None, cause: str | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return the contacts that went beyond a policy, the newest first."""
    statement = _own(Overrun, visible_to=visible_to)
    if customer_id is not None:
        statement = statement.where(Overrun.customer_id.in_(customers.all_ids_of(customer_id)))
    if cause is not None:
        statement = statement.where(Overrun.cause == cause)
    by = [Overrun.created_at, Overrun.id]
    return fetch_page(statement, by=by, page=page, descending=True)


def _holds(visible_to: Actor) -> sa.Select[Hold]:
    """Select holds on visible customers, and on regions around the actor or beneath."""
    mine = customers.limit_to(sa.select(Customer.id), visible_to=visible_to)
    statement = sa.select(Hold)
    if visible_to.role in (Role.ADMIN, Role.AUDITOR):
        return statement
    above = sa.literal(visible_to.team_path).startswith(Hold.team_path, autoescape=False)
    beneath = Hold.team_path.startswith(visible_to.team_path, autoescape=True)
    return statement.where(sa.or_(Hold.customer_id.in_(mine), above, beneath))


def list_holds(
    *, customer_id: str | None, in_force: bool | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return holds, the newest first."""
    statement = _holds(visible_to)
    if customer_id is not None:
        statement = statement.where(Hold.customer_id == customer_id)
    if in_force is not None:
        statement = statement.where(Hold.lifted_at.is_(None) == in_force)
    return fetch_page(statement, by=[Hold.created_at, Hold.id], page=page, descending=True)


def get_hold(hold_id: str, *, visible_to: Actor) -> Hold:
    """Return a hold.

    :raises NotFound: if there is none, or none that the actor may see
    """
    hold = db.session.scalar(_holds(visible_to).where(Hold.id == hold_id))
    if hold is None:
        raise NotFound("hold")
    return hold


def _opt_outs(visible_to: Actor) -> sa.Select[OptOut]:
    if visible_to.role in (Role.ADMIN, Role.AUDITOR):
        return sa.select(OptOut)
    mine = customers.limit_to(sa.select(Customer.id), visible_to=visible_to)
    whose = sa.select(OptOutCustomer.opt_out_id).where(OptOutCustomer.customer_id.in_(mine))
    return sa.select(OptOut).where(OptOut.id.in_(whose))


def list_opt_outs(
    *, number: str | None, in_force: bool | None, visible_to: Actor, page: PageRequest
) -> Page:
    """Return opt-outs, the newest first."""
    statement = _opt_outs(visible_to)
    if number is not None:
        statement = statement.where(OptOut.number == number)
    if in_force is not None:
        statement = statement.where(OptOut.lifted_at.is_(None) == in_force)
    return fetch_page(statement, by=[OptOut.created_at, OptOut.id], page=page, descending=True)


def get_opt_out(opt_out_id: str, *, visible_to: Actor) -> OptOut:
    """Return an opt-out.

    :raises NotFound: if there is none, or none that the actor may see
    """
    refusal = db.session.scalar(_opt_outs(visible_to).where(OptOut.id == opt_out_id))
    if refusal is None:
        raise NotFound("opt-out")
    return refusal
