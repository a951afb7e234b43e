"""The gateway contract, and what people do for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify

from crm_api.accounts.guards import current_actor, current_client, requires, requires_client
from crm_api.accounts.models import Role, Scope
from crm_api.care.gateway import errors, queries, schemas, service
from crm_api.care.schemas import MessageSchema
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.polling import poll
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.care.gateway.values import Wish
    from crm_api.kit.schemas import Payload

SETTLERS = (Role.MANAGER, Role.ADMIN)

blueprint = Blueprint("gateway", __name__, description="SMS gateways pull messages and report.")
desk = Blueprint("replies", __name__, description="Doubts and replies that people settle.")


@blueprint.post("/v1/gateway/leases")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.LeaseRequestSchema)
@blueprint.response(200, schemas.HandSchema)
def lease_messages(payload: Payload) -> Response:
    """Take messages to send, waiting a little where none is ready."""
    gateway_id = current_client().id
    wish: Wish = payload["wish"]
    hand = poll(
        lambda: service.lease_messages(wish, gateway_id=gateway_id, now=clock.now()),
        glance=lambda: service.is_anything_ready(gateway_id=gateway_id, now=clock.now()),
        is_enough=lambda hand: hand.is_full,
        seconds=payload["seconds"],
    )
    # Straight from the rows to JSON: this is the hot path. A test proves the schema's own bytes.
    return jsonify(hand.document)


@blueprint.post("/v1/gateway/begins")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.BeginsSchema)
@blueprint.response(200, schemas.BeginAnswersSchema)
def begin_messages(payload: Payload) -> Response:
    """Ask for the last time whether messages may be sent, and bind them to you."""
    answers = service.begin_messages(**payload, gateway_id=current_client().id, now=clock.now())
    return jsonify({"messages": answers})  # straight, as above: orjson writes their fields itself


@blueprint.post("/v1/gateway/acks")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.AcksSchema)
@blueprint.response(200, schemas.AckAnswersSchema)
def ack_messages(payload: Payload) -> Any:
    """Say what you know of messages that you hold."""
    acks = service.ack_messages(**payload, gateway_id=current_client().id, now=clock.now())
    return {"acks": acks}


@blueprint.post("/v1/gateway/leases/extensions")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.ExtensionsSchema)
@blueprint.response(200, schemas.ExtensionAnswersSchema)
def extend_leases(payload: Payload) -> Any:
    """Hold messages for longer."""
    return {
        "messages": service.extend_leases(
            **payload, gateway_id=current_client().id, now=clock.now()
        )
    }


@blueprint.post("/v1/gateway/reports")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.DeliveryReportsSchema)
@blueprint.response(200, schemas.ReportAnswersSchema)
def take_reports(payload: Payload) -> Any:
    """Tell what the network says of messages, in any order."""
    reports = service.take_reports(**payload, gateway_id=current_client().id, now=clock.now())
    return {"reports": reports}


@blueprint.post("/v1/gateway/inbound")
@requires_client(Scope.GATEWAY)
@blueprint.arguments(schemas.InboundsSchema)
@blueprint.response(200, schemas.InboundAnswersSchema)
def take_inbound(payload: Payload) -> Any:
    """Hand on what customers wrote."""
    messages = service.take_inbound(**payload, gateway_id=current_client().id, now=clock.now())
    return {"messages": messages}


@blueprint.get("/v1/gateway/messages/<record_id:message_id>")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.response(200, schemas.ReconciliationSchema)
def get_message(*, message_id: str) -> Any:
    """Show where a message of yours stands, for reconciliation."""
    return service.get_reconciliation(message_id, gateway_id=current_client().id)


@desk.get("/v1/stuck-care-messages")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@refuses(Invalid, NotFound)
@desk.arguments(schemas.StuckQuerySchema, location="query")
@desk.response(200, schemas.StuckMessagePageSchema)
def list_stuck_messages(payload: Payload) -> Any:
    """List messages that may have been sent, or that nobody managed to send."""
    return queries.list_stuck(**payload, visible_to=current_actor())


@desk.get("/v1/unmatched-delivery-reports")
@requires(Role.ADMIN, Role.AUDITOR)
@refuses(Invalid)
@desk.arguments(schemas.UnmatchedQuerySchema, location="query")
@desk.response(200, schemas.UnmatchedReportPageSchema)
def list_unmatched_reports(payload: Payload) -> Any:
    """List reports of gateways that match no message yet: they are tried again by themselves."""
    return queries.list_unmatched(**payload)


@desk.put("/v1/care-messages/<record_id:message_id>/settlement")
@requires(*SETTLERS)
@refuses(NotFound, errors.NotUncertain)
@desk.arguments(schemas.MessageSettlementSchema)
@desk.response(200, MessageSchema)
def settle_message(payload: Payload, *, message_id: str) -> Any:
    """Say whether an uncertain message was sent."""
    return service.settle_message(message_id, **payload, by=current_actor(), now=clock.now())


@desk.get("/v1/care-replies")
@requires(*Role)
@refuses(Invalid)
@desk.arguments(schemas.InboundQuerySchema, location="query")
@desk.response(200, schemas.CustomerReplyPageSchema)
def list_replies(payload: Payload) -> Any:
    """List what your customers wrote back: what wants an answer, or a second look."""
    return queries.list_inbound(**payload, visible_to=current_actor())


@desk.put("/v1/care-replies/<record_id:reply_id>/review")
@requires(*SETTLERS)
@refuses(NotFound, errors.ReviewedAlready)
@desk.arguments(schemas.ReplyReviewSchema)
@desk.response(200, schemas.CustomerReplySchema)
def review_reply(payload: Payload, *, reply_id: str) -> Any:
    """Say whether a customer's longer message refuses further messages."""
    return service.review_inbound(reply_id, **payload, by=current_actor(), now=clock.now())


@desk.put("/v1/care-replies/<record_id:reply_id>/answer")
@requires(Role.ACCOUNT_MANAGER, *SETTLERS)
@refuses(NotFound)
@desk.response(200, schemas.CustomerReplySchema)
def answer_reply(*, reply_id: str) -> Any:
    """Say that you have seen to a customer's message; log what you said as a contact."""
    return service.answer_inbound(reply_id, by=current_actor(), now=clock.now())


BLUEPRINTS = (blueprint, desk)
