"""What a phone tells: how far its messages have come, and what customers write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.compat import queries
from crm_api.care.compat.errors import SignatureRefused
from crm_api.care.compat.policies import smsgate
from crm_api.care.compat.terms import SMS_RECEIVED
from crm_api.care.gateway import service as gateway
from crm_api.care.gateway.values import Inbound, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.compat.values import HeardSms, PhoneState, Signed


def take_states(states: Sequence[PhoneState], *, device_id: str, now: datetime) -> None:
    """Note how far messages have come. Told again, or in another order, it changes no more."""
    reports = []
    for one in states:
        status = smsgate.read_state(one.state, passed=one.passed)
        if status is not None:
            report = Report(
                report_id=f"smsgate:{one.message_id}:{one.state}",
                message_id=one.message_id,
                status=status,
                raw=one.error,
                at=now,
            )
            reports.append(report)
    if reports:
        gateway.take_reports(reports, gateway_id=device_id, now=now)


def take_heard_sms(heard: HeardSms, *, signed: Signed, device_id: str, now: datetime) -> None:
    """Take what a customer wrote, if the phone signed it.

    :raises SignatureRefused: if it did not, or is not ours any more
    """
    key = queries.find_signing_key(device_id)
    if key is None or not smsgate.is_signed(
        signed.body, timestamp=signed.timestamp, signature=signed.signature, key=key, now=now
    ):
        raise SignatureRefused
    if heard.event != SMS_RECEIVED:
        return
    message = Inbound(
        inbound_id=heard.event_id,
        number=heard.number,
        sent_to=heard.sent_to,
        text=heard.text,
        received_at=smsgate.read_moment(heard.received_at, now=now),
    )
    gateway.take_inbound([message], gateway_id=device_id, now=now)
