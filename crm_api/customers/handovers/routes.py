"""`/v1/handovers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.errors import UndoTooLate
from crm_api.customers.handovers import queries, service
from crm_api.customers.handovers.errors import (
    GiverGone,
    HandoverClash,
    HandoverOutOfOrder,
    NothingToHandOver,
)
from crm_api.customers.handovers.schemas import (
    HandedCustomerPageSchema,
    HandedCustomerQuerySchema,
    HandoverPageSchema,
    HandoverPreviewSchema,
    HandoverQuerySchema,
    HandoverSchema,
    NewHandoverSchema,
    RemainsSchema,
    StopSchema,
)
from crm_api.customers.routes.roles import LEADERS, READERS
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

ONE = "/v1/handovers/<record_id:handover_id>"

blueprint = Blueprint("handovers", __name__, description="Portfolios that change hands.")


@blueprint.post("/v1/handover-previews")
@requires(*LEADERS)
@refuses(NotFound, Invalid, NothingToHandOver, HandoverClash)
@blueprint.arguments(NewHandoverSchema)
@blueprint.response(200, HandoverPreviewSchema)
def preview_handover(payload: Payload) -> Payload:
    """Show whom each would receive and what goes along, without doing anything."""
    return service.preview_handover(payload, by=current_actor(), now=clock.now())


@blueprint.post("/v1/handovers")
@requires(*LEADERS)
@refuses(NotFound, Invalid, NothingToHandOver, HandoverClash, Busy)
@blueprint.arguments(NewHandoverSchema)
@blueprint.response(202, HandoverSchema)
def open_handover(payload: Payload) -> Payload:
    """Hand customers over, now or later; `state` tells how far it has come."""
    return service.open_handover(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/handovers")
@requires(*READERS)
@blueprint.arguments(HandoverQuerySchema, location="query")
@blueprint.response(200, HandoverPageSchema)
def list_handovers(query: Payload) -> Page:
    """List handovers, newest first: your own ones, a manager's teams', or all."""
    return service.show_handovers(visible_to=current_actor(), **query)


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, HandoverSchema)
def show_handover(*, handover_id: str) -> Payload:
    """Show a handover, and how many customers came to what."""
    return service.show_handover(handover_id, visible_to=current_actor())


@blueprint.get(f"{ONE}/customers")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(HandedCustomerQuerySchema, location="query")
@blueprint.response(200, HandedCustomerPageSchema)
def list_handed_customers(query: Payload, *, handover_id: str) -> Page:
    """List the customers of a handover whom you may see."""
    return queries.list_handed_customers(handover_id, visible_to=current_actor(), **query)


@blueprint.put(f"{ONE}/cancellation")
@requires(*LEADERS)
@refuses(NotFound, HandoverOutOfOrder)
@blueprint.arguments(StopSchema)
@blueprint.response(200, HandoverSchema)
def call_off(payload: Payload, *, handover_id: str) -> Payload:
    """Call a handover off before it takes effect."""
    return service.call_off(handover_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{ONE}/undo")
@requires(*LEADERS)
@refuses(NotFound, HandoverOutOfOrder, UndoTooLate, GiverGone, Busy)
@blueprint.arguments(StopSchema)
@blueprint.response(200, HandoverSchema)
def undo_handover(payload: Payload, *, handover_id: str) -> Payload:
    """Give the customers back, with all that went along and was begun since."""
    return service.undo_handover(handover_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/staff/<record_id:staff_id>/remains")
@requires(*LEADERS)
@refuses(NotFound)
@blueprint.response(200, RemainsSchema)
def show_remains(*, staff_id: str) -> Payload:
    """List what somebody still answers for, as before they leave."""
    return service.show_remains(staff_id, visible_to=current_actor())
