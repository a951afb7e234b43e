"""The mobile protocol of the SMSGate app, in its private-server mode. See docs/smsgate.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from marshmallow import EXCLUDE

from crm_api import config
from crm_api.accounts.guards import anyone, bearer, current_client, requires_client
from crm_api.accounts.models import Scope
from crm_api.care.compat import queries, schemas, service
from crm_api.care.compat.errors import RegistrationRefused, SignatureRefused
from crm_api.care.compat.routes.addresses import address_of
from crm_api.care.compat.routes.offering import offer
from crm_api.care.compat.terms import SMS_RECEIVED, Order
from crm_api.care.compat.values import Signed
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.limits import limited
from crm_api.kit.routing import Blueprint, changes, refuses
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

ROOT = "/v1/compat/smsgate"

blueprint = Blueprint("smsgate", __name__, description="Phones with the SMSGate app.")
rarely = limited("smsgate", lambda: config.current().sign_ins_per_minute)


@blueprint.post(f"{ROOT}/device")
@anyone
@rarely
@refuses(RegistrationRefused)
@blueprint.arguments(schemas.PhoneRegistrationSchema, unknown=EXCLUDE)
@blueprint.response(201, schemas.PhoneRegisteredSchema)
def register_device(payload: Payload) -> Any:
    """Let a phone in for its secret, which it sends as a bearer token and may use once."""
    return service.register_device(bearer() or "", model=payload["model"], now=clock.now())


@blueprint.get(f"{ROOT}/device")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.response(200, schemas.PhoneStandingSchema)
def show_device() -> Any:
    """Show a phone to itself."""
    device = queries.get_phone(current_client().id)
    return {"device": device, "external_ip": request.remote_addr or ""}


@blueprint.patch(f"{ROOT}/device")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.arguments(schemas.PhoneChangeSchema, unknown=EXCLUDE)
@blueprint.response(204)
def change_device(payload: Payload) -> None:
    """Take a phone's push token, which nobody uses: the phone asks by itself."""
    if payload["id"] != queries.get_phone(current_client().id).id:
        raise NotFound("device")


@blueprint.get(f"{ROOT}/message")
@requires_client(Scope.GATEWAY)
@changes
@refuses(NotFound)
@blueprint.arguments(schemas.PhoneQuerySchema, location="query", unknown=EXCLUDE)
@blueprint.response(200, schemas.PhoneMessageSchema(many=True))
def list_messages(query: Payload) -> Any:
    """Offer a phone a few messages, and again what it was offered and has not answered."""
    device_id = current_client().id
    registered_at = queries.get_phone(device_id).registered_at

    def confirm() -> None:
        service.require_same_phone(device_id, registered_at=registered_at)

    if room := service.room_of(device_id, now=clock.now()):
        offer(room, worker="smsgate", gateway_id=device_id, confirm=confirm)
    with transaction():
        offers = service.offers_in_hand(device_id, now=clock.now())
        confirm()
    return offers if query["order"] is Order.FIFO else offers[::-1]


@blueprint.patch(f"{ROOT}/message")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.arguments(schemas.PhoneStateSchema(many=True), unknown=EXCLUDE)
@blueprint.response(204)
def take_states(payload: Any) -> None:
    """Take how far messages have come."""
    device_id = queries.get_phone(current_client().id).id
    service.take_states(payload, device_id=device_id, now=clock.now())


@blueprint.get(f"{ROOT}/webhooks")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.response(200, schemas.PhoneWebhookSchema(many=True))
def list_webhooks() -> Any:
    """Tell a phone where to bring what it hears."""
    device_id = queries.get_phone(current_client().id).id
    url = address_of(f"{ROOT}/devices/{device_id}/heard")
    return [{"id": device_id, "device_id": device_id, "url": url, "event": SMS_RECEIVED}]


@blueprint.get(f"{ROOT}/settings")
@requires_client(Scope.GATEWAY)
@refuses(NotFound)
@blueprint.response(200, schemas.PhoneSettingsSchema)
def show_settings() -> Any:
    """Give a phone the key by which it signs what it brings."""
    return {"webhooks": queries.get_phone(current_client().id)}


@blueprint.get(f"{ROOT}/events")
@requires_client(Scope.GATEWAY)
@blueprint.response(200, {"type": "string"}, content_type="text/event-stream")
def stream_events() -> Response:
    """Tell of no events, and end: the phone asks every quarter of an hour by itself."""
    return Response(": none\n\n", content_type="text/event-stream")


@blueprint.post(f"{ROOT}/devices/<record_id:device_id>/heard")
@anyone
@refuses(SignatureRefused)
@blueprint.arguments(schemas.HeardSmsSchema, unknown=EXCLUDE)
@blueprint.response(204)
def take_heard_sms(payload: Payload, *, device_id: str) -> None:
    """Take what a customer wrote to a phone, signed by it."""
    signed = Signed(
        body=request.get_data(cache=True),
        timestamp=request.headers.get("X-Timestamp", ""),
        signature=request.headers.get("X-Signature", ""),
    )
    service.take_heard_sms(**payload, signed=signed, device_id=device_id, now=clock.now())
