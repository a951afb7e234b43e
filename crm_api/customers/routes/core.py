"""`/v1/customers`: portfolios, the search box, and the core profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.calendars.errors import DayOutOfRange
from crm_api.customers import queries, service
from crm_api.customers.duplicates import service as duplicates
from crm_api.customers.duplicates.schemas import CreatedCustomerSchema
from crm_api.customers.errors import AccountNumberTaken
from crm_api.customers.provenance.values import Source
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.core import (
    CustomerAmendmentSchema,
    CustomerItemPageSchema,
    CustomerQuerySchema,
    CustomerSchema,
    NewCustomerSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.customers.duplicates.values import TakenIn
    from crm_api.customers.models import Customer
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("customers", __name__, description="Who the customers are, and whose.")


@blueprint.get("/v1/customers")
@requires(*READERS)
@refuses(DayOutOfRange)
@blueprint.arguments(CustomerQuerySchema, location="query")
@blueprint.response(200, CustomerItemPageSchema)
def list_customers(payload: Payload) -> Page:
    """List the customers whom you may see, oldest first; or search them, the best match first."""
    return queries.fetch_customers(visible_to=current_actor(), **payload)


@blueprint.post("/v1/customers")
@requires(*WRITERS)
@refuses(AccountNumberTaken, IdTaken)
@blueprint.arguments(NewCustomerSchema)
@blueprint.response(201, CreatedCustomerSchema)
def create_customer(payload: Payload) -> TakenIn:
    """Take a customer in, and hear who else it may be."""
    source = Source(payload.pop("learned_by"))
    return duplicates.take_in(payload, by=current_actor(), now=clock.now(), source=source)


@blueprint.get("/v1/customers/<record_id:customer_id>")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, CustomerSchema)
def get_customer(*, customer_id: str) -> Customer:
    """Read a core profile."""
    return queries.get_customer(customer_id, visible_to=current_actor())


@blueprint.patch("/v1/customers/<record_id:customer_id>")
@requires(*WRITERS)
@refuses(NotFound, AccountNumberTaken, *UPDATES)
@blueprint.arguments(CustomerAmendmentSchema)
@blueprint.response(200, CustomerSchema)
def change_customer(payload: Payload, *, customer_id: str) -> Customer:
    """Mend a core profile."""
    source = Source(payload.pop("learned_by"))
    return service.change_customer(
        customer_id,
        source=source,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )
