"""`/v1/customers/{id}/do-not-disturb-wishes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.extended import NewWishSchema, WishPageSchema, WishSchema
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import DoNotDisturbWish
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customers/<record_id:customer_id>/do-not-disturb-wishes"

blueprint = Blueprint(
    "do-not-disturb wishes", __name__, description="What a customer does not want (免打扰)."
)


@blueprint.get(PATH)
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, WishPageSchema)
def list_wishes(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's wishes, lifted ones too, newest first."""
    return queries.fetch_wishes(customer_id, **payload, visible_to=current_actor())


@blueprint.post(PATH)
@requires(*WRITERS)
@refuses(NotFound, IdTaken)
@blueprint.arguments(NewWishSchema)
@blueprint.response(201, WishSchema)
def note_wish(payload: Payload, *, customer_id: str) -> DoNotDisturbWish:
    """Note a wish; it binds from the moment this answers."""
    return service.note_wish(customer_id, content=payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{PATH}/<record_id:wish_id>/lift")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(200, WishSchema)
def lift_wish(*, customer_id: str, wish_id: str) -> DoNotDisturbWish:
    """Lift a wish because the customer said so."""
    return service.lift_wish(customer_id, wish_id=wish_id, by=current_actor(), now=clock.now())
