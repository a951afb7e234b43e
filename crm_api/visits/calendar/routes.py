"""Visits for calendars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request

from crm_api import config
from crm_api.accounts.guards import anyone, current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.limits import limited
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema
from crm_api.visits.calendar import queries, service
from crm_api.visits.calendar.errors import FeedRevoked, TooManyFeeds
from crm_api.visits.calendar.schemas import (
    FeedPageSchema,
    FeedRotationSchema,
    IssuedFeedSchema,
    NewFeedSchema,
)

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.calendar.service import IssuedFeed

CALENDAR = "text/calendar"
TEXT = {"type": "string"}
# A guess at an address is as good as hopeless; a thousand a minute are noise all the same.
ASKED_PER_MINUTE = 120

blueprint = Blueprint(
    "calendars of visits", __name__, description="Visits in people's own calendars (iCalendar)."
)


@blueprint.get("/v1/visits/<record_id:visit_id>/calendar")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, TEXT, content_type=CALENDAR)
def get_visit_calendar(*, visit_id: str) -> Response:
    """Take one visit out as a calendar file (.ics)."""
    content = service.show_visit(visit_id, visible_to=current_actor())
    answer = _calendar(content)
    answer.headers["Content-Disposition"] = f'attachment; filename="visit-{visit_id}.ics"'
    return answer


@blueprint.post("/v1/calendar-feeds")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@never_kept
@refuses(TooManyFeeds)
@blueprint.arguments(NewFeedSchema)
@blueprint.response(201, IssuedFeedSchema)
def make_feed(payload: Payload) -> dict[str, Any]:
    """Make a private address of your visits, to subscribe to in a calendar."""
    return _issued(service.make_feed(**payload, by=current_actor(), now=clock.now()))


@blueprint.get("/v1/calendar-feeds")
@requires(*Role)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, FeedPageSchema)
def list_feeds(query: Payload) -> Page:
    """List your own feeds, oldest first."""
    return queries.fetch_feeds(visible_to=current_actor(), **query)


@blueprint.post("/v1/calendar-feeds/<record_id:feed_id>/rotations")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@never_kept
@refuses(NotFound, FeedRevoked)
@blueprint.arguments(FeedRotationSchema)
@blueprint.response(201, IssuedFeedSchema)
def rotate_feed(payload: Payload, *, feed_id: str) -> dict[str, Any]:
    """Give a feed another address; the one before goes on for a while."""
    issued = service.rotate_feed(feed_id, **payload, by=current_actor(), now=clock.now())
    return _issued(issued)


@blueprint.delete("/v1/calendar-feeds/<record_id:feed_id>")
@requires(Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
@refuses(NotFound)
@blueprint.response(204)
def revoke_feed(*, feed_id: str) -> None:
    """Revoke a feed: from now on its address shows nothing."""
    service.revoke_feed(feed_id, by=current_actor(), now=clock.now())


@blueprint.get("/v1/calendars/<token>/visits.ics")
@anyone
@limited("calendar_feed", lambda: ASKED_PER_MINUTE)
@refuses(NotFound)
@blueprint.response(200, TEXT, content_type=CALENDAR)
def show_feed(*, token: str) -> Response:
    """Show a feed to whoever knows its address."""
    answer = _calendar(service.show_feed(token, now=clock.now()))
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _calendar(content: bytes) -> Response:
    return Response(content, content_type=f"{CALENDAR}; charset=utf-8")


def _issued(issued: IssuedFeed) -> dict[str, Any]:
    """Show a feed with its address: below CRM_PUBLIC_URL, or as the caller reached us."""
    root = config.current().public_url or request.host_url
    url = f"{root.rstrip('/')}/v1/calendars/{issued.token}/visits.ics"
    return {"feed": issued.feed, "url": url}
