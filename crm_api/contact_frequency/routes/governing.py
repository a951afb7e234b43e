"""Holds, opt-outs and overruns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_frequency.errors import HoldLifted, NotYourHold
from crm_api.contact_frequency.queries import lists
from crm_api.contact_frequency.schemas import governing as schemas
from crm_api.contact_frequency.service import governing
from crm_api.kit import clock
from crm_api.kit.errors import Busy, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "contact suppressions", __name__, description="What silences a customer, and what went beyond."
)
FIELD = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)


@blueprint.get("/v1/contact-holds")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.HoldsQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.ContactHoldSchema))
def list_holds(payload: Payload) -> Any:
    """List holds on customers and regions, the newest first."""
    return lists.list_holds(**payload, visible_to=current_actor())


@blueprint.post("/v1/contact-holds")
@requires(*FIELD)
@refuses(NotFound, NotYourHold, Busy)
@blueprint.arguments(schemas.HoldRequestSchema)
@blueprint.response(201, schemas.ContactHoldSchema)
def place_hold(payload: Payload) -> Any:
    """Leave a customer alone until a date, or let a region mourn."""
    return governing.place_hold(**payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/contact-holds/<record_id:hold_id>/lift")
@requires(*FIELD)
@refuses(NotFound, NotYourHold, HoldLifted, Busy)
@blueprint.arguments(schemas.HoldLiftSchema)
@blueprint.response(200, schemas.ContactHoldSchema)
def lift_hold(payload: Payload, *, hold_id: str) -> Any:
    """Let care and marketing resume."""
    return governing.lift_hold(hold_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/opt-outs")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.OptOutsQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.OptOutSchema))
def list_opt_outs(payload: Payload) -> Any:
    """List numbers that refuse a channel, the newest first."""
    return lists.list_opt_outs(**payload, visible_to=current_actor())


@blueprint.put("/v1/opt-outs/<record_id:opt_out_id>/lift")
@requires(*FIELD)
@refuses(NotFound, Busy)
@blueprint.arguments(schemas.OptOutWishSchema)
@blueprint.response(200, schemas.OptOutSchema)
def lift_opt_out(payload: Payload, *, opt_out_id: str) -> Any:
    """Record that the customer wishes to be written to again."""
    return governing.lift_opt_out(opt_out_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/contact-overruns")
@requires(*Role)
@refuses(Invalid)
@blueprint.arguments(schemas.OverrunsQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.ContactOverrunSchema))
def list_overruns(payload: Payload) -> Any:
    """List contacts that went beyond a policy, and why, the newest first."""
    return lists.list_overruns(**payload, visible_to=current_actor())
