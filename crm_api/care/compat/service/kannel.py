"""What Kannel tells: delivery reports, and what customers write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.compat.policies import kannel
from crm_api.care.gateway import service as gateway
from crm_api.care.gateway.values import Inbound, Report
from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime


def take_kannel_report(message_id: str, *, mask: int, gateway_id: str, now: datetime) -> None:
    """Take a delivery report. Told again, or late, it changes what a native one would.

    :raises Invalid: if the mask says nothing that we know
    """
    status = kannel.read_mask(mask)
    if status is None:
        raise Invalid("/s", "Send the bits of Kannel's %d.")
    report = Report(
        report_id=f"kannel:{message_id}:{mask}",
        message_id=message_id,
        status=status,
        raw=f"s={mask}",
        at=now,
    )
    gateway.take_reports([report], gateway_id=gateway_id, now=now)


def take_kannel_reply(
    inbound_id: str, *, number: str, sent_to: str, text: str, gateway_id: str, now: datetime
) -> None:
    """Take what a customer wrote; Kannel answers nobody by itself."""
    message = Inbound(
        inbound_id=inbound_id, number=number, sent_to=sent_to, text=text, received_at=now
    )
    gateway.take_inbound([message], gateway_id=gateway_id, now=now)
