"""What a product that knows no begin is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


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
