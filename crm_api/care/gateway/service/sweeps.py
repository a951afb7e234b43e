"""What time does to messages that gateways left lying. Safe to repeat, and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import sqlalchemy as sa

from crm_api.care.gateway import queries
from crm_api.care.gateway.policies import pace
from crm_api.care.gateway.queries.outbox import IS_QUEUED, IS_SUBMITTING
from crm_api.care.gateway.service.leases import return_lapsed
from crm_api.care.gateway.service.reports import match_reports
from crm_api.care.gateway.service.steps import lock_with_subjects
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.service.messages import expire_messages
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency

if TYPE_CHECKING:
    from datetime import datetime

CHUNK: Final = 200
POISON: Final = "poison"
SILENT: Final = "gateway_silent"


class Sweep(Protocol):
    """Settles the next few messages and tells how many it found."""

    def __call__(self, *, now: datetime) -> int:
        """Settle some; none are left once it returns 0."""


def return_leases(*, now: datetime) -> int:
    """Put leases that lapsed back into the queue; return how many."""
    return return_lapsed(now=now, most=CHUNK)


def match_waiting_reports(*, now: datetime) -> int:
    """Apply reports that crossed with the answer that explains them; return how many."""
    waiting = queries.matchable_reports(most=CHUNK)
    return match_reports(waiting, now=now)


def bury_poison(*, now: datetime) -> int:
    """End the messages that worker after worker took and none began; return how many."""
    poisoned = sa.and_(IS_QUEUED, CareMessage.idle_leases >= pace.MOST_IDLE_LEASES)
    messages = lock_with_subjects(queries.find_messages(poisoned, most=CHUNK))
    still = [m for m in messages if m.state is MessageState.QUEUED]
    for message in still:
        outbox.move(message, MessageState.DEAD, at=now, reason=POISON)
    contact_frequency.release_slots([message.slot_id for message in still], reason=POISON)
    return len(still)


def doubt_silent(*, now: datetime) -> int:
    """Park the messages of which a gateway said nothing for a day; return how many.

    Nobody can tell whether they reached the customer: a report or a person settles it.
    """
    silent = sa.and_(IS_SUBMITTING, CareMessage.begun_at <= now - pace.SILENCE)
    messages = lock_with_subjects(queries.find_messages(silent, most=CHUNK))
    still = [m for m in messages if m.state is MessageState.SUBMITTING]
    for message in still:
        outbox.move(message, MessageState.UNCERTAIN, at=now, reason=SILENT)
    contact_frequency.doubt_slots([message.slot_id for message in still])
    return len(still)


SWEEPS: Final[dict[str, Sweep]] = {
    "leases returned": return_leases,
    "poison buried": bury_poison,
    "expired": expire_messages,
    "silent parked": doubt_silent,
    "reports matched": match_waiting_reports,
}
