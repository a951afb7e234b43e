"""`/v1/customer-duplicates`: who may be one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.duplicates import queries, service
from crm_api.customers.duplicates.errors import DuplicateSettled
from crm_api.customers.duplicates.schemas import (
    DismissalSchema,
    DuplicateCheckSchema,
    DuplicatePageSchema,
    DuplicateQuerySchema,
    DuplicateSchema,
    LookAlikesSchema,
)
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.customers.duplicates.models import Duplicate
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customer-duplicates"
ONE = f"{PATH}/<record_id:duplicate_id>"

blueprint = Blueprint("duplicates", __name__, description="Customers who may be one.")


@blueprint.post("/v1/customer-duplicate-checks")
@requires(*WRITERS)
@blueprint.arguments(DuplicateCheckSchema)
@blueprint.response(200, LookAlikesSchema)
def check_content(payload: Payload) -> Any:
    """Ask who somebody may be before you take them in. Nothing is stored."""
    return {"possible_duplicates": service.check_content(payload, by=current_actor())}


@blueprint.get(PATH)
@requires(*READERS)
@blueprint.arguments(DuplicateQuerySchema, location="query")
@blueprint.response(200, DuplicatePageSchema)
def list_duplicates(payload: Payload) -> Page:
    """List pairs of customers whom you may see, those for whom most speaks first."""
    return queries.list_duplicates(visible_to=current_actor(), **payload)


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, DuplicateSchema)
def get_duplicate(*, duplicate_id: str) -> Duplicate:
    """Read a pair."""
    return queries.get_duplicate(duplicate_id, visible_to=current_actor())


@blueprint.put(f"{ONE}/dismissal")
@requires(*WRITERS)
@refuses(NotFound, DuplicateSettled)
@blueprint.arguments(DismissalSchema)
@blueprint.response(200, DuplicateSchema)
def dismiss_duplicate(payload: Payload, *, duplicate_id: str) -> Duplicate:
    """Say that two are two: they are never raised again."""
    return service.dismiss_duplicate(duplicate_id, **payload, by=current_actor(), now=clock.now())
