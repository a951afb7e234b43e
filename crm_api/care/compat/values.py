"""What a product that knows no begin is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneState:
    """How far a phone has come with a message, and what it went through."""

    message_id: str
    state: str
    passed: frozenset[str]
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSms:
    """What a phone heard, as it tells."""

    event_id: str
    event: str
    number: str
    sent_to: str
    text: str
    received_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The bytes of a request, and what is to prove who sent them."""

    body: bytes
    timestamp: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A message on its way to a product. Offering is begin: it is bound to whom it is offered."""

    id: str
    lease_token: str
    to: str
    text: str
    sender: str
    send_before: datetime
    validity_seconds: int

    @classmethod
    def of(cls, leased: Mapping[str, Any]) -> Offer:
        """Read a message as the gateway contract hands it out."""
        names = ("id", "to", "text", "sender", "send_before", "validity_seconds")
        return cls(lease_token=leased["lease"]["token"], **{name: leased[name] for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """A message that a product has in hand, and until when it may send it."""

    id: str
    to: str
    text: str
    created_at: datetime
    valid_until: datetime
