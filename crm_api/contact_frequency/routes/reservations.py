"""Ask, reserve, move, give back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import (
    OVERRIDE_UNUSABLE,
    ContactBlocked,
    SlotSettled,
)
from crm_api.contact_frequency.queries import lists
from crm_api.contact_frequency.schemas import decisions as schemas
from crm_api.contact_frequency.schemas import reservations as slots
from crm_api.contact_frequency.service import asking, governing, replans, replaying
from crm_api.kit import clock
from crm_api.kit.errors import Busy, IdTaken, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema, page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "contact frequency", __name__, description="May this customer be contacted, and when?"
)
RESERVATIONS = page_schema(slots.ReservationSchema)
FIELD = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)


@blueprint.post("/v1/contact-preflights")
@requires(*Role)
@refuses(NotFound)
@blueprint.arguments(schemas.ContactPlansSchema)
@blueprint.response(200, schemas.ContactDecisionsSchema)
def check_plans(payload: Payload) -> Any:
    """Check the plans of a day; nothing is stored."""
    answers = asking.check_plans(**payload, visible_to=current_actor(), now=clock.now())
    return {"items": [answer.document for answer in answers]}


@blueprint.post("/v1/contact-reservations")
@requires(*FIELD)
@refuses(NotFound, ContactBlocked, IdTaken, Busy)
@refuses(*OVERRIDE_UNUSABLE)
@blueprint.arguments(schemas.ReservationRequestSchema)
@blueprint.response(201, slots.ReservationSchema)
def plan_contact(payload: Payload) -> Any:
    """Reserve a contact, to be logged or given back."""
    return asking.plan_contact(**payload, by=current_actor())


@blueprint.get("/v1/contact-reservations")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(slots.ReservationsQuerySchema, location="query")
@blueprint.response(200, page_schema(slots.ListedReservationSchema))
def list_reservations(payload: Payload) -> Any:
    """List a customer's slots, the farthest ahead first, or all plans that must move."""
    return replans.list_reservations(**payload, visible_to=current_actor(), now=clock.now())


@blueprint.get("/v1/contact-reservations/<record_id:reservation_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, slots.ReservationSchema)
def get_reservation(*, reservation_id: str) -> Any:
    """Show a reservation."""
    return lists.get_reservation(reservation_id, visible_to=current_actor())


@blueprint.put("/v1/contact-reservations/<record_id:reservation_id>/moment")
@requires(*FIELD)
@refuses(NotFound, ContactBlocked, SlotSettled, Busy)
@refuses(*OVERRIDE_UNUSABLE)
@blueprint.arguments(schemas.MovedReservationSchema)
@blueprint.response(200, slots.ReservationSchema)
def move_reservation(payload: Payload, *, reservation_id: str) -> Any:
    """Move a reservation; where the new moment is illegal, it stays."""
    return asking.move_reservation(reservation_id, **payload, by=current_actor())


@blueprint.put("/v1/contact-reservations/<record_id:reservation_id>/release")
@requires(*FIELD)
@refuses(NotFound, SlotSettled, Busy)
@blueprint.arguments(schemas.ReservationReleaseSchema)
@blueprint.response(200, slots.ReservationSchema)
def release_reservation(payload: Payload, *, reservation_id: str) -> Any:
    """Give a reservation back."""
    return asking.release_reservation(reservation_id, **payload, by=current_actor())


@blueprint.get("/v1/contact-decisions")
@requires(*Role)
@refuses(NotFound, Invalid)
@blueprint.arguments(schemas.DecisionsQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.StoredDecisionSchema))
def list_decisions(payload: Payload) -> Any:
    """List the governor's answers about a customer, the newest first."""
    return lists.list_decisions(**payload, visible_to=current_actor())


@blueprint.get("/v1/contact-decisions/<record_id:decision_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.StoredDecisionWithTraceSchema)
def get_decision(*, decision_id: str) -> Any:
    """Show an answer of the governor with its trace."""
    return lists.get_decision(decision_id, visible_to=current_actor())


@blueprint.get("/v1/contact-decisions/<record_id:decision_id>/replay")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.ReplaySchema)
def replay_decision(*, decision_id: str) -> Any:
    """Judge a decision's facts again, and compare the bytes."""
    return replaying.check_replay(decision_id, visible_to=current_actor())


@blueprint.get("/v1/late-contacts")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@refuses(Invalid)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RESERVATIONS)
def list_late_contacts(payload: Payload) -> Any:
    """List contacts told of more than 90 days late, until somebody looked."""
    return lists.list_late_contacts(**payload, visible_to=current_actor())


@blueprint.put("/v1/late-contacts/<record_id:slot_id>/look")
@requires(Role.MANAGER, Role.ADMIN)
@refuses(NotFound, Busy)
@blueprint.response(200, slots.ReservationSchema)
def note_look(*, slot_id: str) -> Any:
    """Note that a manager looked."""
    return governing.note_look(slot_id, by=current_actor(), now=clock.now())
