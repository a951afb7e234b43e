"""`/v1/customers/{id}/contacts`, `/v1/contacts/{id}`, and requests to take entries back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import FactInFuture, SlotSettled
from crm_api.contact_history import queries, service
from crm_api.contact_history.cadences import routes as cadences
from crm_api.contact_history.errors import (
    AlreadyDecided,
    NoLongerStands,
    NotAsReserved,
    NothingCorrected,
    NotYetHappened,
    ReservationLogged,
    SecondPersonNeeded,
    WithdrawalPending,
)
from crm_api.contact_history.schemas import (
    ContactFactsSchema,
    ContactFiltersSchema,
    ContactPageSchema,
    ContactSchema,
    CorrectionSchema,
    LoggedContactSchema,
    NewContactSchema,
    NewWithdrawalSchema,
    OverviewSchema,
    WithdrawalDecisionSchema,
    WithdrawalFiltersSchema,
    WithdrawalPageSchema,
    WithdrawalSchema,
)
from crm_api.contact_history.values import NewContact
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.contact_history.models import Contact, History, Withdrawal
    from crm_api.contact_history.service import LoggedContact
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

READERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN, Role.AUDITOR)
WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
DECIDERS = (Role.MANAGER, Role.ADMIN)

blueprint = Blueprint(
    "contact history", __name__, description="What happened between us and a customer."
)


@blueprint.post("/v1/customers/<record_id:customer_id>/contacts")
@requires(*WRITERS)
@refuses(
    NotFound, NotYetHappened, FactInFuture, NotAsReserved, ReservationLogged, IdTaken, SlotSettled
)
@blueprint.arguments(NewContactSchema)
@blueprint.response(201, LoggedContactSchema)
def log_contact(payload: Payload, *, customer_id: str) -> LoggedContact:
    """Log a contact. A fact is never refused; what it broke is told back."""
    reservation_id = payload.pop("reservation_id")
    entry = NewContact(customer_id=customer_id, **payload)
    return service.log_contact(
        entry, reservation_id=reservation_id, by=current_actor(), now=clock.now()
    )


@blueprint.get("/v1/customers/<record_id:customer_id>/contacts")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(ContactFiltersSchema, location="query")
@blueprint.response(200, ContactPageSchema)
def list_contacts(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's contacts and their corrections, newest first."""
    return queries.list_contacts(customer_id, visible_to=current_actor(), **payload)


@blueprint.get("/v1/customers/<record_id:customer_id>/contact-facts")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, ContactFactsSchema)
def get_facts(*, customer_id: str) -> History:
    """Read when a customer was last tried, reached, visited, and last turned to us."""
    return queries.get_facts(customer_id, visible_to=current_actor())


@blueprint.get("/v1/customers/<record_id:customer_id>/overview")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, OverviewSchema)
def get_overview(*, customer_id: str) -> Response:
    """Read a customer at a glance, with the newest contacts as they stand."""
    return jsonify(queries.get_overview(customer_id, visible_to=current_actor()))


@blueprint.get("/v1/contacts/<record_id:contact_id>")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, ContactSchema)
def get_contact(*, contact_id: str) -> Contact:
    """Read one entry."""
    return queries.get_contact(contact_id, visible_to=current_actor())


@blueprint.post("/v1/contacts/<record_id:contact_id>/corrections")
@requires(*WRITERS)
@refuses(NotFound, NoLongerStands, WithdrawalPending, NothingCorrected, IdTaken)
@blueprint.arguments(CorrectionSchema)
@blueprint.response(201, ContactSchema)
def correct_contact(payload: Payload, *, contact_id: str) -> Contact:
    """Correct an entry by a further one. What caps count is withdrawn and logged anew instead."""
    return service.correct_contact(contact_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.post("/v1/contacts/<record_id:contact_id>/withdrawals")
@requires(*WRITERS)
@refuses(NotFound, NoLongerStands, WithdrawalPending, IdTaken)
@blueprint.arguments(NewWithdrawalSchema)
@blueprint.response(201, WithdrawalSchema)
def request_withdrawal(payload: Payload, *, contact_id: str) -> Withdrawal:
    """Ask that an entry be taken back because the contact never happened."""
    return service.request_withdrawal(contact_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.get("/v1/contact-withdrawals")
@requires(*READERS)
@refuses()
@blueprint.arguments(WithdrawalFiltersSchema, location="query")
@blueprint.response(200, WithdrawalPageSchema)
def list_withdrawals(payload: Payload) -> Page:
    """List requests to take entries back, oldest first."""
    return queries.list_withdrawals(visible_to=current_actor(), **payload)


@blueprint.get("/v1/contact-withdrawals/<record_id:withdrawal_id>")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, WithdrawalSchema)
def get_withdrawal(*, withdrawal_id: str) -> Withdrawal:
    """Read a request to take an entry back."""
    return queries.get_withdrawal(withdrawal_id, visible_to=current_actor())


@blueprint.put("/v1/contact-withdrawals/<record_id:withdrawal_id>/approval")
@requires(*DECIDERS)
@refuses(NotFound, AlreadyDecided, SecondPersonNeeded, NoLongerStands)
@blueprint.arguments(WithdrawalDecisionSchema)
@blueprint.response(200, WithdrawalSchema)
def approve_withdrawal(payload: Payload, *, withdrawal_id: str) -> Withdrawal:
    """Agree that a contact never happened; its slot is given back."""
    return service.approve_withdrawal(withdrawal_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put("/v1/contact-withdrawals/<record_id:withdrawal_id>/refusal")
@requires(*DECIDERS)
@refuses(NotFound, AlreadyDecided, SecondPersonNeeded)
@blueprint.arguments(WithdrawalDecisionSchema)
@blueprint.response(200, WithdrawalSchema)
def decline_withdrawal(payload: Payload, *, withdrawal_id: str) -> Withdrawal:
    """Find that a contact did happen; its entry stays."""
    return service.decline_withdrawal(withdrawal_id, by=current_actor(), now=clock.now(), **payload)


BLUEPRINTS = (blueprint, cadences.blueprint)
