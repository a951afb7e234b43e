"""`POST /v1/sync/push`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.idempotency import answers_repeats
from crm_api.kit.json import MalformedJson
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.uploads import takes_upload
from crm_api.sync.phones.errors import REFUSALS
from crm_api.sync.phones.guards import paced
from crm_api.sync.pushing import schemas, service
from crm_api.sync.pushing.errors import MalformedPush, PushTooLarge
from crm_api.sync.pushing.reading import MOST_BYTES, read_changes
from crm_api.sync.pushing.refusals import REFUSALS as REFUSED
from crm_api.sync.pushing.requests import received_body, told_by_device

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

TOLD = ", ".join(f"`{code}`" for code in sorted(REFUSED))

blueprint = Blueprint("push", __name__, description="What phones send.")


@blueprint.post("/v1/sync/push")
@takes_upload(lambda: MOST_BYTES)
@requires(Role.ACCOUNT_MANAGER)
@answers_repeats
@paced
@refuses(MalformedPush, MalformedJson, PushTooLarge, *REFUSALS)
@blueprint.doc(requestBody=schemas.BODY)
@blueprint.arguments(schemas.PushHeadersSchema, location="headers")
@blueprint.arguments(schemas.PushQuerySchema, location="query")
@blueprint.response(200, schemas.PushReplySchema, description=f"Taken, but for: {TOLD}.")
def push(headers: Payload, query: Payload) -> dict[str, Any]:
    """Take what a phone changed. What cannot be taken is refused record by record."""
    changes = read_changes(received_body(), **query)
    now = clock.now()
    sender = told_by_device(headers, now=now)
    return service.take_push(changes, sender=sender, by=current_actor(), now=now)
