"""Promises (承诺): made, due, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import page_schema
from crm_api.visits.errors import AlreadyDone
from crm_api.visits.promises import queries, schemas, service
from crm_api.visits.promises.errors import NotEscalated

if TYPE_CHECKING:
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload
    from crm_api.visits.promises.models import Promise

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
PROMISE = "/v1/promises/<record_id:promise_id>"

blueprint = Blueprint("promises", __name__, description="What we said we would do (承诺).")


@blueprint.post("/v1/promises")
@requires(*WRITERS)
@refuses(NotFound, IdTaken, Invalid)
@blueprint.arguments(schemas.PromiseMadeSchema)
@blueprint.response(201, schemas.PromiseStorySchema)
def make_promise(payload: Payload) -> Promise:
    """Note a promise that was made outside a visit."""
    return service.make_promise(payload, by=current_actor(), now=clock.now())


@blueprint.get("/v1/promises")
@requires(*Role)
@blueprint.arguments(schemas.PromiseQuerySchema, location="query")
@blueprint.response(200, page_schema(schemas.PromiseSchema))
def list_promises(query: Payload) -> Page:
    """List promises by due date: open, overdue, on the managers' list, kept, withdrawn."""
    today = calendars.local_day(clock.now())
    return queries.promises(visible_to=current_actor(), today=today, **query)


@blueprint.get(PROMISE)
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.PromiseStorySchema)
def get_promise(*, promise_id: str) -> Promise:
    """Show a promise with all that happened to it."""
    return queries.get_promise(promise_id, visible_to=current_actor())


@blueprint.put(f"{PROMISE}/keeping")
@requires(*WRITERS)
@refuses(NotFound, AlreadyDone, Invalid)
@blueprint.arguments(schemas.PromiseKeptSchema)
@blueprint.response(200, schemas.PromiseStorySchema)
def keep_promise(payload: Payload, *, promise_id: str) -> Promise:
    """Note that a promise was kept, and what shows it."""
    return service.keep_promise(promise_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put(f"{PROMISE}/schedule")
@requires(*WRITERS)
@refuses(NotFound, AlreadyDone, Invalid)
@blueprint.arguments(schemas.PromiseMoveSchema)
@blueprint.response(200, schemas.PromiseStorySchema)
def move_promise(payload: Payload, *, promise_id: str) -> Promise:
    """Move a promise to another day, with the reason."""
    return service.move_promise(promise_id, payload, by=current_actor(), now=clock.now())


@blueprint.put(f"{PROMISE}/withdrawal")
@requires(*WRITERS)
@refuses(NotFound, AlreadyDone)
@blueprint.arguments(schemas.PromiseWithdrawalSchema)
@blueprint.response(200, schemas.PromiseStorySchema)
def withdraw_promise(payload: Payload, *, promise_id: str) -> Promise:
    """Take a promise back, with the reason."""
    return service.withdraw_promise(promise_id, by=current_actor(), now=clock.now(), **payload)


@blueprint.put(f"{PROMISE}/escalation-answer")
@requires(Role.MANAGER, Role.ADMIN)
@refuses(NotFound, AlreadyDone, NotEscalated)
@blueprint.arguments(schemas.EscalationAnswerSchema)
@blueprint.response(200, schemas.PromiseStorySchema)
def answer_escalation(payload: Payload, *, promise_id: str) -> Promise:
    """Say as the manager what becomes of a promise that is late."""
    return service.answer_escalation(promise_id, by=current_actor(), now=clock.now(), **payload)
