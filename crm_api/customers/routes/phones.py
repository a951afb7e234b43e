"""`/v1/customers/{id}/phones`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.errors import PhoneKnown, TooManyPhones
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.contacts import (
    NewPhoneSchema,
    PhonePageSchema,
    PhoneSchema,
    PrimaryPhoneSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import Phone
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("customer phones", __name__, description="The numbers of a customer.")


@blueprint.get("/v1/customers/<record_id:customer_id>/phones")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, PhonePageSchema)
def list_phones(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's numbers, masked."""
    return queries.fetch_phones(customer_id, **payload, visible_to=current_actor())


@blueprint.post("/v1/customers/<record_id:customer_id>/phones")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, PhoneKnown, TooManyPhones)
@blueprint.arguments(NewPhoneSchema)
@blueprint.response(201, PhoneSchema)
def add_phone(payload: Payload, *, customer_id: str) -> Phone:
    """Note one more number; the first mobile one becomes the primary."""
    return service.add_phone(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.put("/v1/customers/<record_id:customer_id>/primary-phone")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.arguments(PrimaryPhoneSchema)
@blueprint.response(200, PhoneSchema)
def make_primary(payload: Payload, *, customer_id: str) -> Phone:
    """Choose the number that messages go to."""
    return service.make_primary(customer_id, **payload, by=current_actor())


@blueprint.delete("/v1/customers/<record_id:customer_id>/phones/<record_id:phone_id>")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def remove_phone(*, customer_id: str, phone_id: str) -> None:
    """Forget a number."""
    service.remove_phone(customer_id, phone_id=phone_id, by=current_actor())
