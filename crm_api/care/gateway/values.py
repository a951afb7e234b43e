"""What gateways send and get, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.gateway.models import DeliveryAttempt, InboundMessage
    from crm_api.care.gateway.terms import (
        AckResult,
        InboundAction,
        Refusal,
        ReportOutcome,
        ReportStatus,
    )
    from crm_api.care.models import CareMessage
    from crm_api.care.terms import MessageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How much a worker wants to take, and for how long."""

    most: int
    lease_seconds: int
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message that a gateway says to hold, and the token to prove it."""

    id: str
    lease_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What a gateway says of a message that it holds."""

    id: str
    lease_token: str
    result: AckResult
    provider_id: str | None = None
    error: str = ""
    retry_after: int | None = None
    segments: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a gateway heard from the network."""

    report_id: str
    status: ReportStatus
    at: datetime
    message_id: str | None = None
    provider_id: str | None = None
    part: int = 1
    parts: int = 1
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A customer's message as a gateway received it."""

    inbound_id: str
    number: str
    sent_to: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnswer:
    """What became of one message of a call: its state, or why nothing changed."""

    id: str
    state: MessageState | None = None
    code: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionAnswer:
    """Until when a lease lasts now, or why nothing changed."""

    id: str
    expires_at: datetime | None = None
    code: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """What one report changed."""

    report_id: str
    outcome: ReportOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundAnswer:
    """What one inbound message made us do."""

    inbound_id: str
    outcome: str
    action: InboundAction


@dataclass(frozen=True, slots=True)
class Reply:
    """What customers wrote, and whose it is, as far as the reader may see them."""

    message: InboundMessage
    customer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Where a message stands and how it came there, for the gateway that had it."""

    message: CareMessage
    steps: Sequence[Any]
    attempts: Sequence[DeliveryAttempt]
