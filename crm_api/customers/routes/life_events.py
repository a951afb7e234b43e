"""`/v1/customers/{id}/life-events`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import queries, service
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.life_events import (
    LifeEventChangesSchema,
    LifeEventPageSchema,
    LifeEventSchema,
    NewLifeEventSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import LifeEvent
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customers/<record_id:customer_id>/life-events"
ONE = f"{PATH}/<record_id:life_event_id>"

blueprint = Blueprint(
    "life events", __name__, description="What happens to a customer once, and is greeted once."
)


@blueprint.get(PATH)
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, LifeEventPageSchema)
def list_life_events(payload: Payload, *, customer_id: str) -> Page:
    """List a customer's life events, the last noted first."""
    return queries.fetch_life_events(customer_id, **payload, visible_to=current_actor())


@blueprint.post(PATH)
@requires(*WRITERS)
@refuses(NotFound, IdTaken)
@blueprint.arguments(NewLifeEventSchema)
@blueprint.response(201, LifeEventSchema)
def note_life_event(payload: Payload, *, customer_id: str) -> LifeEvent:
    """Note an event; what a visit taught is noted with its record."""
    return service.note_life_event(
        customer_id, content=payload, by=current_actor(), now=clock.now()
    )


@blueprint.patch(ONE)
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.arguments(LifeEventChangesSchema)
@blueprint.response(200, LifeEventSchema)
def change_life_event(payload: Payload, *, customer_id: str, life_event_id: str) -> LifeEvent:
    """Mend an event, or say whether the customer likes to be greeted for it."""
    return service.change_life_event(
        customer_id,
        event_id=life_event_id,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.delete(ONE)
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def remove_life_event(*, customer_id: str, life_event_id: str) -> None:
    """Take back what was noted by mistake."""
    service.remove_life_event(customer_id, event_id=life_event_id, by=current_actor())
