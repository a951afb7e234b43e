"""`/v1/tags`, and what customers bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers.routes.roles import LEADERS, READERS, WRITERS
from crm_api.customers.tags import queries, schemas, service
from crm_api.customers.tags.errors import TagInUse, TagKnown, TooManyTags
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.customers.models import Tag
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

ONE = "/v1/tags/<record_id:tag_id>"
OF_CUSTOMER = "/v1/customers/<record_id:customer_id>/tags"

blueprint = Blueprint("tags", __name__, description="A team's own words for its customers (标签).")
BLUEPRINTS = (blueprint,)


@blueprint.get("/v1/tags")
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(schemas.TagsQuerySchema, location="query")
@blueprint.response(200, schemas.TagPageSchema)
def list_tags(payload: Payload) -> Page:
    """List the tags of your team and of those above it, by name."""
    return queries.fetch_tags(**payload, visible_to=current_actor())


@blueprint.post("/v1/tags")
@requires(*LEADERS)
@refuses(NotFound, TagKnown, IdTaken)
@blueprint.arguments(schemas.NewTagSchema)
@blueprint.response(201, schemas.TagSchema)
def create_tag(payload: Payload) -> Tag:
    """Give a team a word for some of its customers."""
    return service.create_tag(payload, by=current_actor(), now=clock.now())


@blueprint.get(ONE)
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, schemas.TagSchema)
def get_tag(*, tag_id: str) -> Tag:
    """Read a tag."""
    return queries.get_tag(tag_id, visible_to=current_actor())


@blueprint.patch(ONE)
@requires(*LEADERS)
@refuses(NotFound, TagKnown, *UPDATES)
@blueprint.arguments(schemas.TagChangesSchema)
@blueprint.response(200, schemas.TagSchema)
def change_tag(payload: Payload, *, tag_id: str) -> Tag:
    """Mend a tag's name, or what it means."""
    return service.change_tag(
        tag_id, changes=payload, expected_version=expected_version(), by=current_actor()
    )


@blueprint.delete(ONE)
@requires(*LEADERS)
@refuses(NotFound, TagInUse)
@blueprint.response(204)
def remove_tag(*, tag_id: str) -> None:
    """Forget a tag that nobody bears."""
    service.remove_tag(tag_id, by=current_actor())


@blueprint.get(OF_CUSTOMER)
@requires(*READERS)
@refuses(NotFound)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, schemas.TagPageSchema)
def list_tags_of(payload: Payload, *, customer_id: str) -> Page:
    """List the tags that a customer bears, by name."""
    return queries.fetch_tags_of(customer_id, **payload, visible_to=current_actor())


@blueprint.put(f"{OF_CUSTOMER}/<record_id:tag_id>")
@requires(*WRITERS)
@refuses(NotFound, TooManyTags)
@blueprint.response(200, schemas.TagSchema)
def put_tag(*, customer_id: str, tag_id: str) -> Tag:
    """Let a customer bear a tag."""
    return service.put_tag(customer_id, tag_id=tag_id, by=current_actor(), now=clock.now())


@blueprint.delete(f"{OF_CUSTOMER}/<record_id:tag_id>")
@requires(*WRITERS)
@refuses(NotFound)
@blueprint.response(204)
def take_tag(*, customer_id: str, tag_id: str) -> None:
    """Take a tag from a customer."""
    service.take_tag(customer_id, tag_id=tag_id, by=current_actor())
