"""Kannel as puller: an `sms-service` asks, and sends what it is answered. See docs/kannel.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from crm_api.accounts.guards import current_client, requires_client_in_path
from crm_api.accounts.models import Scope
from crm_api.care.compat import schemas, service
from crm_api.care.compat.policies import kannel
from crm_api.care.compat.routes.addresses import address_of
from crm_api.care.compat.routes.offering import offer
from crm_api.kit import clock
from crm_api.kit.errors import Invalid
from crm_api.kit.routing import Blueprint, changes, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

PROBLEM = "application/problem+json"
PLAIN = "text/plain; charset=utf-8"
TEXT = {"type": "string"}

blueprint = Blueprint("kannel", __name__, description="Kannel pulls messages, by settings only.")


@blueprint.get("/v1/compat/kannel/<token>/next")
@requires_client_in_path(Scope.GATEWAY)
@changes
@blueprint.response(
    200, TEXT, content_type="text/plain", description="The next text, with X-Kannel-* headers."
)
def next_message(*, token: str) -> Response:
    """Give the next message to send, as a text with Kannel's headers; nothing where none is due."""
    report_url = address_of(f"/v1/compat/kannel/{token}/dlr")
    for message in offer(
        1, worker="kannel", gateway_id=current_client().id, is_fit=kannel.fits_headers
    ):
        headers = kannel.headers_of(message, report_url=report_url)
        return Response(message.text, content_type=PLAIN, headers=headers)
    return Response("", content_type=PLAIN)


@blueprint.get("/v1/compat/kannel/<token>/dlr")
@requires_client_in_path(Scope.GATEWAY)
@changes
@refuses(Invalid)
@blueprint.arguments(schemas.KannelReportSchema, location="query")
@blueprint.response(200, TEXT, content_type="text/plain")
def take_report(payload: Payload, *, token: str) -> Response:  # noqa: ARG001 - the guard's
    """Take a delivery report."""
    service.take_kannel_report(**payload, gateway_id=current_client().id, now=clock.now())
    return Response("", content_type=PLAIN)


@blueprint.get("/v1/compat/kannel/<token>/mo")
@requires_client_in_path(Scope.GATEWAY)
@changes
@blueprint.arguments(schemas.KannelReplySchema, location="query")
@blueprint.response(200, TEXT, content_type="text/plain")
def take_reply(payload: Payload, *, token: str) -> Response:  # noqa: ARG001 - the guard's
    """Take what a customer wrote."""
    service.take_kannel_reply(**payload, gateway_id=current_client().id, now=clock.now())
    return Response("", content_type=PLAIN)


@blueprint.after_request
def say_it_plainly(answer: Response) -> Response:
    """Refuse in words for Kannel's log; it reads no JSON."""
    if answer.mimetype == PROBLEM:
        problem: dict[str, Any] = answer.get_json()
        faults = [f"{e['pointer']}: {e['message']}" for e in problem.get("errors", ())]
        lines = [f"{problem['code']}: {problem['detail']}", *faults]
        answer.set_data("\n".join(lines))
        answer.content_type = PLAIN
    return answer


def _document_plainly(doc: Any, _doc_info: Any, **_: Any) -> Any:
    for response in doc["responses"].values():
        if isinstance(response, dict) and PROBLEM in response.get("content", ()):
            response["content"] = {"text/plain": {"schema": TEXT}}
    return doc


blueprint.document_with(_document_plainly)
