"""What the governor's refusal at begin means for a message and its gateway."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from crm_api.care.gateway.policies.pace import MARGIN
from crm_api.care.gateway.terms import Refusal
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

# The first that applies names the refusal: what the customer said comes before what time it is.
_BY_REASON: Final = (
    (Refusal.OPTED_OUT, {ReasonCode.OPTED_OUT}),
    (Refusal.CANCELLED, {ReasonCode.OCCURRENCE_TAKEN}),
    (Refusal.EXPIRED, {ReasonCode.AFTER_LAST_MOMENT}),
    (
        Refusal.HELD,
        set(ReasonCode)
        - {ReasonCode.OUTSIDE_HOURS, ReasonCode.SOLEMN_DAY, ReasonCode.NOT_A_WORKDAY},
    ),
)
_ENDS: Final = {
    Refusal.OPTED_OUT: MessageState.SUPPRESSED,
    Refusal.HELD: MessageState.SUPPRESSED,
    Refusal.CANCELLED: MessageState.CANCELLED,
    Refusal.EXPIRED: MessageState.EXPIRED,
    Refusal.QUIET_HOURS: MessageState.EXPIRED,
}
_MAY_WAIT: Final = {Refusal.HELD, Refusal.QUIET_HOURS}
# A region's mourning may be lifted at any moment: its messages ask again while their day lasts.
_MAY_BE_LIFTED: Final = {ReasonCode.MOURNING}
ASK_AGAIN_AFTER: Final = timedelta(minutes=5)


def name_refusal(codes: Iterable[ReasonCode]) -> Refusal:
    """Name the governor's reasons as the contract does. A cap that tightened holds a message."""
    given = set(codes)
    return next((r for r, reasons in _BY_REASON if given & reasons), Refusal.QUIET_HOURS)


def next_look(
    codes: Collection[ReasonCode],
    *,
    next_allowed_at: datetime | None,
    send_before: datetime,
    now: datetime,
) -> datetime | None:
    """Return when a refused message may be asked about again; None where it has to end."""
    if set(codes) <= _MAY_BE_LIFTED:
        soon = now + ASK_AGAIN_AFTER
        return soon if next_allowed_at is None else min(soon, next_allowed_at)
    waits = may_wait(name_refusal(codes), until=next_allowed_at, send_before=send_before)
    return next_allowed_at if waits else None


def may_wait(refusal: Refusal, *, until: datetime | None, send_before: datetime) -> bool:
    """Tell whether a refused message still has a moment to be sent at."""
    return refusal in _MAY_WAIT and until is not None and until + MARGIN <= send_before


def end_of(refusal: Refusal) -> MessageState:
    """Return how a message ends that was refused and cannot wait."""
    return _ENDS[refusal]


def explain_loss(state: MessageState, reason: str) -> Refusal:
    """Tell a gateway why a message that it leased is no longer its own."""
    if state is MessageState.SUPPRESSED:
        return Refusal.OPTED_OUT if reason == Refusal.OPTED_OUT else Refusal.HELD
    return {
        MessageState.CANCELLED: Refusal.CANCELLED,
        MessageState.PREEMPTED: Refusal.CANCELLED,
        MessageState.COALESCED: Refusal.CANCELLED,
        MessageState.EXPIRED: Refusal.EXPIRED,
    }.get(state, Refusal.LEASE_LOST)
