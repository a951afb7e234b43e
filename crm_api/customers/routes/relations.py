"""`/v1/customers/{id}/relations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.errors import RelationImpossible, RelationKnown
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.contacts import (
    NewRelationSchema,
    RelationChangesSchema,
    RelationItemPageSchema,
    RelationSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import Busy, IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import Relation
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customers/<record_id:customer_id>/relations"
ONE = f"{PATH}/<record_id:relation_id>"

blueprint = Blueprint("relations", __name__, description="Which customers belong together.")


@blueprint.get(PATH)
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, RelationItemPageSchema)
def list_relations(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's links to others whom you may see."""
    return queries.fetch_relations(customer_id, **payload, visible_to=current_actor())


@blueprint.post(PATH)
@requires(*WRITERS)
@refuses(NotFound, IdTaken, RelationKnown, RelationImpossible, Busy)
@blueprint.arguments(NewRelationSchema)
@blueprint.response(201, RelationSchema)
def link_customers(payload: Payload, *, customer_id: str) -> Relation:
    """Link two customers: one person, family, or a group and its key person."""
    return service.link_customers(customer_id, content=payload, by=current_actor(), now=clock.now())


@blueprint.patch(ONE)
@requires(*WRITERS)
@refuses(NotFound, Busy, *UPDATES)
@blueprint.arguments(RelationChangesSchema)
@blueprint.response(200, RelationSchema)
def change_relation(payload: Payload, *, customer_id: str, relation_id: str) -> Relation:
    """Mend the role or the influence of a link."""
    return service.change_relation(
        customer_id,
        relation_id=relation_id,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.delete(ONE)
@requires(*WRITERS)
@refuses(NotFound, Busy)
@blueprint.response(204)
def unlink_customers(*, customer_id: str, relation_id: str) -> None:
    """Take a link away."""
    service.unlink_customers(
        customer_id, relation_id=relation_id, by=current_actor(), now=clock.now()
    )
