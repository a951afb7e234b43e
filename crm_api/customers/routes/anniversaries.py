"""`/v1/customers/{id}/anniversaries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.errors import BirthdayKnown
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.extended import (
    AnniversaryChangesSchema,
    AnniversaryPageSchema,
    AnniversarySchema,
    NewAnniversarySchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import Anniversary
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customers/<record_id:customer_id>/anniversaries"
ONE = f"{PATH}/<record_id:anniversary_id>"

blueprint = Blueprint(
    "anniversaries", __name__, description="Days that matter to a customer, by sun or moon."
)


@blueprint.get(PATH)
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, AnniversaryPageSchema)
def list_anniversaries(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's anniversaries."""
    return queries.fetch_anniversaries(customer_id, **payload, visible_to=current_actor())


@blueprint.post(PATH)
@requires(*WRITERS)
@refuses(NotFound, BirthdayKnown, IdTaken)
@blueprint.arguments(NewAnniversarySchema)
@blueprint.response(201, AnniversarySchema)
def add_anniversary(payload: Payload, *, customer_id: str) -> Anniversary:
    """Note a day; a stated birthday replaces the one on the document."""
    return service.add_anniversary(
        customer_id, content=payload, by=current_actor(), now=clock.now()
    )


@blueprint.patch(ONE)
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.arguments(AnniversaryChangesSchema)
@blueprint.response(200, AnniversarySchema)
def change_anniversary(payload: Payload, *, customer_id: str, anniversary_id: str) -> Anniversary:
    """Mend a day, or say whether the customer likes to be greeted on it."""
    return service.change_anniversary(
        customer_id,
        anniversary_id=anniversary_id,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.put(f"{ONE}/confirmation")
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.response(200, AnniversarySchema)
def confirm_anniversary(*, customer_id: str, anniversary_id: str) -> Anniversary:
    """Confirm a date of `GET /v1/suspicious-dates`: it is greeted from now on."""
    return service.confirm_anniversary(
        customer_id,
        anniversary_id=anniversary_id,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.delete(ONE)
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def remove_anniversary(*, customer_id: str, anniversary_id: str) -> None:
    """Forget a day; of birthdays, the one on the document counts again."""
    service.remove_anniversary(
        customer_id, anniversary_id=anniversary_id, by=current_actor(), now=clock.now()
    )
