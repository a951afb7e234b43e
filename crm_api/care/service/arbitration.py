"""Greetings that lost their moment: told at once, and heard again while their day lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.care.policies.saying import said_once
from crm_api.care.policies.timing import SLACK, Window
from crm_api.care.queries import lost
from crm_api.care.queries import messages as outbox
from crm_api.care.service import asking
from crm_api.care.service.causes import window_on
from crm_api.care.service.combining import say_together
from crm_api.care.service.messages import CHUNK, MISSED, lock_subjects_of, move
from crm_api.care.service.planning import HEADSTART
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import LOSING_STATES, ContactClass
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Channel
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.models import CareMessage
    from crm_api.contact_frequency.service import Loss
    from crm_api.contact_frequency.values import Decision

LOOKED_BACK = timedelta(days=2)


def note_losses(losses: Sequence[Loss]) -> None:
    """Take messages out of the queue whose slots gave way, in the winner's own transaction.

    One whose moment was taken asks soon for another on its day. What another greeting says as well
    waits for that one to fall.
    """
    by_slot = {loss.slot_id: loss for loss in losses}
    for message in outbox.lock_losing(by_slot):
        loss = by_slot[message.slot_id]
        _lose(message, loss, at=loss.at)
        message.tried_at = loss.at if message.state is MessageState.COALESCED else None


def _lose(message: CareMessage, slot: Any, *, at: datetime) -> None:
    move(message, MessageState(slot.state), at=at, reason=slot.reason)
    message.winner_slot_id = slot.winner_slot_id
    message.lease_token_hash = message.lease_expires_at = None


def rearbitrate(*, now: datetime) -> int:
    """Let the next lost greetings ask again, those that matter most first; return how many did.

    Each asks once when it lost, and again whenever its winner falls or moves away, while its own
    day lasts. Repeat until it returns 0.
    """
    found = lost.find_askable(after=now + HEADSTART + SLACK, limit=CHUNK)
    if not found:
        return 0
    lock_subjects_of(found)
    rows = lost.lock_askable([row.id for row in found])
    messages = [row[0] for row in rows]
    windows = _windows(messages, now=now)
    plans = [_plan(*row, window=window) for row, window in zip(rows, windows, strict=True)]
    answers = list(asking.hold(plans)) if plans else []
    again = asking.move_later(plans, windows, answers)
    for n in sorted(set(range(len(rows))) - set(again)):
        _settle(messages[n], plans[n], answers[n], now=now)
    db.session.flush()  # who got a moment may lose it to one that asks again
    seconds = asking.hold([plans[n] for n in again])
    for n, answer in zip(again, seconds, strict=True):
        _settle(messages[n], plans[n], answer, now=now)
    db.session.flush()
    say_together({message.winner_slot_id or message.slot_id for message in messages})
    return len(found)


def _windows(messages: Sequence[CareMessage], *, now: datetime) -> list[Window]:
    opens = {day: window_on(day).opens_at for day in {message.on_day for message in messages}}
    whole = [Window(opens[message.on_day], message.send_before) for message in messages]
    return [window.from_moment(now + HEADSTART) for window in whole]


def _plan(message: CareMessage, rank: int | None, number: str, *, window: Window) -> Plan:
    return Plan(
        customer_id=message.customer_id,
        channel=Channel.SMS,
        category=message.category,
        at=asking.place(message.occurrence, window),
        endpoint=number,
        occurrence=message.occurrence,
        said_once=said_once(message.occurrence),
        not_after=message.send_before,
        source=f"care_message:{message.id}",
        occasion_class=ContactClass(message.priority),
        occasion_rank=rank or 0,
    )


def _settle(message: CareMessage, plan: Plan, answer: Any, *, now: datetime) -> None:
    message.tried_at = answer.judged_at  # by the clock that its rivals are judged by
    if asking.is_refusal(answer):
        _stay(message, answer)
        return
    message.slot_id = answer.id
    if answer.state in LOSING_STATES:
        _lose(message, answer, at=now)
        return
    move(message, MessageState.QUEUED, at=now)
    message.due_at, message.number = plan.at, plan.endpoint or message.number
    message.winner_slot_id = message.tried_at = None


def _stay(message: CareMessage, refusal: Decision) -> None:
    """Lose to whoever stands in the way now; where that is nobody, the greeting is not wanted."""
    counted = [slot for reason in refusal.reasons if reason.blocks for slot in reason.counted]
    state = MessageState.PREEMPTED if counted else MessageState.SUPPRESSED
    move(message, state, at=refusal.judged_at, reason=asking.why(refusal))
    message.winner_slot_id = counted[0].slot_id if counted else None


def drop_lost(*, now: datetime) -> int:
    """Drop the next greetings whose day passed before they found a moment; return how many."""
    found = lost.find_past(since=now - LOOKED_BACK, until=now, limit=CHUNK)
    lock_subjects_of(found)
    for message in lost.lock_lost([row.id for row in found]):
        move(message, MessageState.EXPIRED, at=now, reason=MISSED)
    db.session.flush()
    return len(found)
