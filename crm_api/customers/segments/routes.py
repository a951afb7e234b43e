"""`/v1/segments`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.core import CustomerItemPageSchema
from crm_api.customers.segments import queries, schemas, service
from crm_api.customers.segments.errors import NotYourSegment, SegmentInUse, SegmentIsBinding
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import Segment
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

ONE = "/v1/segments/<record_id:segment_id>"

blueprint = Blueprint(
    "segments", __name__, description="Filters over customers, saved under a name (客群)."
)
BLUEPRINTS = (blueprint,)


@blueprint.get("/v1/segments")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(schemas.SegmentsQuerySchema, location="query")
@blueprint.response(200, schemas.SegmentPageSchema)
def list_segments(payload: Payload) -> Page:
    """List your own segments and those shared with you, oldest first."""
    return queries.fetch_segments(**payload, visible_to=current_actor())


@blueprint.post("/v1/segments")
@requires(*WRITERS)
@refuses(NotFound, IdTaken)
@blueprint.arguments(schemas.NewSegmentSchema)
@blueprint.response(201, schemas.SegmentSchema)
def create_segment(payload: Payload) -> Segment:
    """Save a filter over customers."""
    return service.create_segment(payload, by=current_actor(), now=clock.now())


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, schemas.SegmentSchema)
def get_segment(*, segment_id: str) -> Segment:
    """Read a segment."""
    return queries.get_segment(segment_id, visible_to=current_actor())


@blueprint.patch(ONE)
@requires(*WRITERS)
@refuses(NotFound, NotYourSegment, SegmentIsBinding, *UPDATES)
@blueprint.arguments(schemas.SegmentChangesSchema)
@blueprint.response(200, schemas.SegmentSchema)
def change_segment(payload: Payload, *, segment_id: str) -> Segment:
    """Change what a segment asks, its name, or with whom it is shared."""
    return service.change_segment(
        segment_id,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.delete(ONE)
@requires(*WRITERS)
@refuses(NotFound, NotYourSegment, SegmentInUse)
@blueprint.response(204)
def remove_segment(*, segment_id: str) -> None:
    """Forget a segment that nothing names."""
    service.remove_segment(segment_id, by=current_actor())


@blueprint.get(f"{ONE}/versions")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, schemas.SegmentVersionPageSchema)
def list_versions(payload: Payload, *, segment_id: str) -> Page:
    """List what a segment said, the newest version first."""
    return queries.fetch_versions(segment_id, **payload, visible_to=current_actor())


@blueprint.get(f"{ONE}/customers")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, CustomerItemPageSchema)
def list_members(payload: Payload, *, segment_id: str) -> Page:
    """List the customers in a segment whom you may see, oldest first."""
    return service.fetch_members(segment_id, **payload, visible_to=current_actor(), now=clock.now())
