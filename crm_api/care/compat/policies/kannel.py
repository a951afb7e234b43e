"""Kannel's words: a delivery report is a mask of bits, a message is a text with headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crm_api.care.gateway.terms import ReportStatus

if TYPE_CHECKING:
    from crm_api.care.compat.values import Offer

UCS2: Final = "2"
WANTED_REPORTS: Final = "27"  # delivered, failed, accepted and rejected; buffered tells nothing

# The first bit that is set counts. Expired arrives as 34: failed, with a bit more.
_BITS: Final = (
    (1, ReportStatus.DELIVERED),
    (2, ReportStatus.UNDELIVERED),
    (16, ReportStatus.REJECTED),
    (8, ReportStatus.SUBMITTED),
    (4, ReportStatus.SUBMITTED),
)
_ADDRESS: Final = re.compile(r"[+0-9A-Za-z ._-]{1,32}")


def read_mask(mask: int) -> ReportStatus | None:
    """Return what a delivery report says; None where it says nothing that we know."""
    return next((status for bit, status in _BITS if mask & bit), None)


def fits_headers(offer: Offer) -> bool:
    """Tell whether an offer's addresses may stand in headers: nothing there ends a line."""
    return all(_ADDRESS.fullmatch(value) for value in (offer.to, offer.sender))


def headers_of(offer: Offer, *, report_url: str) -> dict[str, str]:
    """Return the headers by which Kannel sends a message, and reports on it."""
    return {
        "X-Kannel-To": offer.to,
        "X-Kannel-From": offer.sender,
        "X-Kannel-Coding": UCS2,
        "X-Kannel-Validity": str(max(1, offer.validity_seconds // 60)),
        "X-Kannel-DLR-Mask": WANTED_REPORTS,
        "X-Kannel-DLR-Url": f"{report_url}?id={offer.id}&s=%d",
    }
