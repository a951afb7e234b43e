"""`/v1/customers/{id}/places`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.places import queries, service
from crm_api.customers.places.errors import TooManyPlaces
from crm_api.customers.places.schemas import (
    NewPlaceSchema,
    PlaceChangesSchema,
    PlacePageSchema,
    PlaceSchema,
)
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.places.models import Place
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("customer places", __name__, description="Where a customer is met.")


@blueprint.get("/v1/customers/<record_id:customer_id>/places")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, PlacePageSchema)
def list_places(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's places."""
    return queries.fetch_places(customer_id, **payload, visible_to=current_actor())


@blueprint.post("/v1/customers/<record_id:customer_id>/places")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, TooManyPlaces)
@blueprint.arguments(NewPlaceSchema)
@blueprint.response(201, PlaceSchema)
def add_place(payload: Payload, *, customer_id: str) -> Place:
    """Note one more place; the first one becomes the primary."""
    return service.add_place(customer_id, payload, by=current_actor(), now=clock.now())


@blueprint.patch("/v1/customers/<record_id:customer_id>/places/<record_id:place_id>")
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.arguments(PlaceChangesSchema)
@blueprint.response(200, PlaceSchema)
def change_place(payload: Payload, *, customer_id: str, place_id: str) -> Place:
    """Mend a place, or make it the primary."""
    return service.change_place(
        customer_id,
        place_id,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
    )


@blueprint.delete("/v1/customers/<record_id:customer_id>/places/<record_id:place_id>")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def remove_place(*, customer_id: str, place_id: str) -> None:
    """Forget a place."""
    service.remove_place(customer_id, place_id, by=current_actor())
