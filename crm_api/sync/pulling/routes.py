"""`/v1/sync/pull` and `/v1/sync/poll`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, known_of_caller, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.compression import json_answer
from crm_api.kit.routing import Blueprint, refuses
from crm_api.sync.phones.errors import REFUSALS
from crm_api.sync.phones.guards import paced
from crm_api.sync.phones.schemas import PhoneHeadersSchema
from crm_api.sync.pulling import schemas, service
from crm_api.sync.pulling.queries import CALLING_PHONES
from crm_api.sync.pulling.values import Wish

if TYPE_CHECKING:
    from flask import Response

    from crm_api.kit.schemas import Payload

blueprint = Blueprint("sync", __name__, description="What phones keep for working offline.")


@blueprint.get("/v1/sync/pull")
@requires(Role.ACCOUNT_MANAGER, callers=CALLING_PHONES)
@paced
@refuses(*REFUSALS)
@blueprint.arguments(PhoneHeadersSchema(), location="headers")
@blueprint.arguments(schemas.PullQuerySchema(), location="query")
@blueprint.response(200, schemas.PullSchema)
def pull_changes(phone: Payload, query: Payload) -> Response:
    """Take what changed since the last pull, in the form of the stock WatermelonDB client."""
    wish = Wish(cursor=query.pop("last_pulled_at"), **query, **phone)
    # Straight from the rows to JSON: a test proves the schema's own bytes.
    known = known_of_caller()
    return json_answer(service.pull(wish, by=current_actor(), known=known, now=clock.now()))


@blueprint.get("/v1/sync/poll")
@requires(Role.ACCOUNT_MANAGER)
@paced
@blueprint.arguments(schemas.PollQuerySchema, location="query")
@blueprint.response(200, schemas.NewsSchema)
def await_changes(query: Payload) -> Any:
    """Wait until there is something to pull."""
    by = current_actor()
    return {"has_news": service.has_news(query["since"], by=by, seconds=query["timeout"])}
