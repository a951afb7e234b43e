"""The SMSGate app's words, and what proves that a phone sent something."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from crm_api.care.compat.terms import AppState
from crm_api.care.gateway.terms import ReportStatus

if TYPE_CHECKING:
    from collections.abc import Collection

# Wide, because a phone's clock is what it is: a repeat changes nothing, and to lose what a customer
# wrote, such as an opt-out, would be worse.
LARGEST_SKEW: Final = timedelta(days=1)
_STATUSES: Final[dict[str, ReportStatus]] = {
    AppState.SENT: ReportStatus.SUBMITTED,
    AppState.DELIVERED: ReportStatus.DELIVERED,
}


def read_state(state: str, *, passed: Collection[str]) -> ReportStatus | None:
    """Return what a phone's state says of a message; None where it says nothing of the network.

    One that failed once the phone had worked on it may have left in part: it counts as sent.
    """
    if state == AppState.FAILED:
        was_worked_on = {AppState.PROCESSED, AppState.SENT} & set(passed)
        return ReportStatus.UNDELIVERED if was_worked_on else ReportStatus.REJECTED
    return _STATUSES.get(state)


def is_signed(body: bytes, *, timestamp: str, signature: str, key: str, now: datetime) -> bool:
    """Tell whether the holder of the key signed this body, about now."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > len("9999999999"):
        return False
    if abs(datetime.fromtimestamp(int(timestamp), UTC) - now) > LARGEST_SKEW:
        return False
    expected = hmac.new(key.encode(), body + timestamp.encode(), "sha256").hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def read_moment(given: str, *, now: datetime) -> datetime:
    """Return when a phone received something: what it says where that can be, else now.

    The app has written moments in several ways over its versions.
    """
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return now
    is_likely = moment.tzinfo is not None and abs(now - moment) < timedelta(days=365)
    return min(moment.astimezone(UTC), now) if is_likely else now
