"""What each answer of a gateway makes of its messages and their slots, many at a time."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

from crm_api.care.gateway.policies import pace
from crm_api.care.gateway.service.steps import count_as_sent, requeue
from crm_api.care.gateway.terms import AckResult
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.care.gateway.values import Ack
    from crm_api.care.models import CareMessage

    Answered = Sequence[tuple[CareMessage, Ack]]

UNSETTLED = frozenset({MessageState.SUBMITTING, MessageState.UNCERTAIN})
GIVEN_UP = {
    MessageState.DEAD: "retries_exhausted",
    MessageState.EXPIRED: "no_time_to_retry",
}


def settle_answered(answered: Answered, *, now: datetime) -> None:
    """Move messages on by what their gateway said, with their slots.

    What a report settled already stays as it is.
    """
    given_back = [message for message, _ in answered if message.state is MessageState.LEASED]
    by_result = defaultdict(list)
    for message, ack in answered:
        if message.state in UNSETTLED:
            by_result[ack.result].append((message, ack))
    _give_back(given_back, now=now)
    for result, settle in EFFECTS.items():
        if result in by_result:
            settle(by_result[result], now)


def _give_back(messages: Sequence[CareMessage], *, now: datetime) -> None:
    for message in messages:
        # A worker that gives back what it will not begin says nothing against the message.
        message.idle_leases = max(0, message.idle_leases - 1)
        requeue(message, due_at=message.due_at, at=now, by_id=message.gateway_id)


def _rejected(answered: Answered, now: datetime) -> None:
    contact_frequency.release_slots([m.slot_id for m, _ in answered], reason="rejected")
    for message, ack in answered:
        reason = ack.error or "rejected"
        outbox.move(message, MessageState.REJECTED, at=now, by_id=message.gateway_id, reason=reason)


def _not_submitted(answered: Answered, now: datetime) -> None:
    _wait([(message, now) for message, _ in answered], reason=AckResult.NOT_SUBMITTED, now=now)


def _retry(answered: Answered, now: datetime) -> None:
    again, ends = [], defaultdict(list)
    for message, ack in answered:
        chance = random.random()  # noqa: S311 - spreads retries; nobody gains by guessing it
        due_at = now + pace.retry_delay(message.attempt, chance=chance, wished=ack.retry_after)
        if message.attempt > pace.MOST_RETRIES:
            ends[MessageState.DEAD].append(message)
        elif due_at + pace.MARGIN > message.send_before:
            ends[MessageState.EXPIRED].append(message)
        else:
            again.append((message, due_at))
    _wait(again, reason=AckResult.RETRY, now=now)
    for end, messages in ends.items():
        _give_up(messages, end, now=now)


def _wait(waiting: Sequence[tuple[CareMessage, datetime]], *, reason: str, now: datetime) -> None:
    contact_frequency.return_slots([message.slot_id for message, _ in waiting], reason=reason)
    for message, due_at in waiting:
        requeue(message, due_at=due_at, at=now, by_id=message.gateway_id)


def _give_up(messages: Sequence[CareMessage], end: MessageState, *, now: datetime) -> None:
    reason = GIVEN_UP[end]
    contact_frequency.release_slots([message.slot_id for message in messages], reason=reason)
    for message in messages:
        outbox.move(message, end, at=now, by_id=message.gateway_id, reason=reason)


def _unknown(answered: Answered, now: datetime) -> None:
    contact_frequency.doubt_slots([message.slot_id for message, _ in answered])
    for message, _ in answered:
        outbox.move(
            message,
            MessageState.UNCERTAIN,
            at=now,
            by_id=message.gateway_id,
            reason="gateway_unsure",
        )


def _submitted(answered: Answered, now: datetime) -> None:
    count_as_sent([message for message, _ in answered], at=now)
    for message, ack in answered:
        message.provider_id = ack.provider_id
        message.sent_segments = ack.segments
        outbox.move(message, MessageState.SUBMITTED, at=now, by_id=message.gateway_id)


# In this order: what enters the history comes last, after all slots.
EFFECTS: dict[AckResult, Callable[[Answered, datetime], None]] = {
    AckResult.REJECTED: _rejected,
    AckResult.RETRY: _retry,
    AckResult.NOT_SUBMITTED: _not_submitted,
    AckResult.UNKNOWN: _unknown,
    AckResult.SUBMITTED: _submitted,
}
