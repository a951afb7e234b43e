"""What a gateway says of the messages that it holds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from crm_api.care.gateway import queries
from crm_api.care.gateway.errors import ItemRefused
from crm_api.care.gateway.models import DeliveryAttempt
from crm_api.care.gateway.policies import pace
from crm_api.care.gateway.policies.tokens import hash_token
from crm_api.care.gateway.service.reports import match_waiting
from crm_api.care.gateway.service.steps import count_as_sent, requeue
from crm_api.care.gateway.terms import AckResult, Refusal
from crm_api.care.gateway.values import ItemAnswer
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.care.gateway.values import Ack

log = structlog.get_logger()

# What a gateway was told when it gave its answer, for when another gateway holds the message now.
STATES_AFTER = {
    AckResult.SUBMITTED: MessageState.SUBMITTED,
    AckResult.REJECTED: MessageState.REJECTED,
    AckResult.RETRY: MessageState.QUEUED,
    AckResult.NOT_SUBMITTED: MessageState.QUEUED,
    AckResult.UNKNOWN: MessageState.UNCERTAIN,
}
ANSWERABLE = (
    *(MessageState.LEASED, MessageState.SUBMITTING, MessageState.UNCERTAIN),
    # A report may overtake the answer.
    *(MessageState.SUBMITTED, MessageState.DELIVERED),
    *(MessageState.UNDELIVERED, MessageState.REJECTED),
)
SETTLES_DOUBT = frozenset({AckResult.SUBMITTED, AckResult.REJECTED})


def ack_messages(acks: Sequence[Ack], *, gateway_id: str, now: datetime) -> list[ItemAnswer]:
    """Take a gateway's answers, each for itself: some may be refused while others count."""
    ids = [ack.id for ack in acks]
    outbox.lock_subjects_of(queries.messages_held(ids, gateway_id=gateway_id))
    answers = [_answer(ack, gateway_id=gateway_id, now=now) for ack in acks]
    provider_ids = {ack.provider_id for ack in acks if ack.provider_id}
    match_waiting(gateway_id, provider_ids=provider_ids, now=now)
    return answers


def _answer(ack: Ack, *, gateway_id: str, now: datetime) -> ItemAnswer:
    try:
        with db.session.begin_nested():
            return ItemAnswer(id=ack.id, state=_take(ack, gateway_id=gateway_id, now=now))
    except ItemRefused as refused:
        return ItemAnswer(id=ack.id, code=refused.refusal)
    except DomainError as error:
        log.warning("ack_refused", message_id=ack.id, code=error.code)
        return ItemAnswer(id=ack.id, code=Refusal.CONFLICT)


def _take(ack: Ack, *, gateway_id: str, now: datetime) -> MessageState:
    token_hash = hash_token(ack.lease_token)
    attempts = queries.attempts_of([ack.id], gateway_id=gateway_id)
    for told in attempts:
        if told.token_hash == token_hash:
            return _repeat(ack, told)
    message = _fence(ack.id, token_hash, gateway_id=gateway_id)
    begun = next((a for a in reversed(attempts) if a.result is None), None)
    attempt = begun or _never_begun(message, now=now)
    attempt.token_hash = token_hash
    attempt.result = ack.result
    attempt.acked_at = now
    attempt.provider_id = ack.provider_id
    attempt.error = ack.error
    attempt.segments = ack.segments
    _settle(message, ack, now=now)
    return message.state


def _repeat(ack: Ack, told: DeliveryAttempt) -> MessageState:
    if told.result is not ack.result:
        raise ItemRefused(Refusal.ACK_CONTRADICTS)
    message = queries.find_message(ack.id)
    if message is None or message.gateway_id != told.gateway_id:
        return STATES_AFTER[ack.result]
    return message.state


def _fence(message_id: str, token_hash: str, *, gateway_id: str) -> CareMessage:
    """Take a message out of its lease while this token holds it.

    One statement compares and changes, so that a stale token cannot change anything, whatever
    happened since somebody last looked.

    :raises ItemRefused: if the token is stale
    """
    change = (
        sa.update(CareMessage)
        .where(
            CareMessage.id == message_id,
            CareMessage.lease_token_hash == token_hash,
            CareMessage.gateway_id == gateway_id,
            CareMessage.state.in_(ANSWERABLE),
        )
        .values(lease_expires_at=None)
        .returning(CareMessage)
        .execution_options(populate_existing=True)
    )
    message = db.session.scalar(change)
    if message is None:
        raise ItemRefused(queries.explain_loss(message_id, gateway_id=gateway_id))
    return message


def _never_begun(message: CareMessage, *, now: datetime) -> DeliveryAttempt:
    attempt = DeliveryAttempt(
        id=new_id(),
        created_at=now,
        message_id=message.id,
        gateway_id=message.gateway_id,
        worker=message.lease_worker,
        begun_at=None,
    )
    db.session.add(attempt)
    return attempt


def _settle(message: CareMessage, ack: Ack, *, now: datetime) -> None:
    if message.state is MessageState.LEASED:
        _give_back(message, ack, now=now)
    elif message.state is MessageState.SUBMITTING:
        EFFECTS[ack.result](message, ack, now)
    elif message.state is MessageState.UNCERTAIN:
        if ack.result not in SETTLES_DOUBT:
            raise ItemRefused(Refusal.UNCERTAIN)
        EFFECTS[ack.result](message, ack, now)


def _give_back(message: CareMessage, ack: Ack, *, now: datetime) -> None:
    if ack.result is not AckResult.NOT_SUBMITTED:
        raise ItemRefused(Refusal.NOT_BEGUN)
    # A worker that gives back what it will not begin says nothing against the message.
    message.idle_leases = max(0, message.idle_leases - 1)
    requeue(message, due_at=message.due_at, at=now, by_id=message.gateway_id)


def _submitted(message: CareMessage, ack: Ack, now: datetime) -> None:
    count_as_sent(message, at=now)
    message.provider_id = ack.provider_id
    outbox.move(message, MessageState.SUBMITTED, at=now, by_id=message.gateway_id)


def _rejected(message: CareMessage, ack: Ack, now: datetime) -> None:
    contact_frequency.release_slot(message.slot_id, reason="rejected")
    reason = ack.error or "rejected"
    outbox.move(message, MessageState.REJECTED, at=now, by_id=message.gateway_id, reason=reason)


def _not_submitted(message: CareMessage, ack: Ack, now: datetime) -> None:
    contact_frequency.return_slot(message.slot_id, reason=ack.result)
    requeue(message, due_at=now, at=now, by_id=message.gateway_id)


def _retry(message: CareMessage, ack: Ack, now: datetime) -> None:
    chance = random.random()  # noqa: S311 - spreads retries; nobody gains by guessing it
    due_at = now + pace.retry_delay(message.attempt, chance=chance, wished=ack.retry_after)
    if message.attempt > pace.MOST_RETRIES:
        _give_up(message, MessageState.DEAD, reason="retries_exhausted", now=now)
    elif due_at + pace.MARGIN > message.send_before:
        _give_up(message, MessageState.EXPIRED, reason="no_time_to_retry", now=now)
    else:
        contact_frequency.return_slot(message.slot_id, reason=ack.result)
        requeue(message, due_at=due_at, at=now, by_id=message.gateway_id)


def _give_up(message: CareMessage, end: MessageState, *, reason: str, now: datetime) -> None:
    contact_frequency.release_slot(message.slot_id, reason=reason)
    outbox.move(message, end, at=now, by_id=message.gateway_id, reason=reason)


def _unknown(message: CareMessage, _ack: Ack, now: datetime) -> None:
    contact_frequency.doubt_slot(message.slot_id)
    outbox.move(
        message, MessageState.UNCERTAIN, at=now, by_id=message.gateway_id, reason="gateway_unsure"
    )


EFFECTS: dict[AckResult, Callable[[CareMessage, Ack, datetime], None]] = {
    AckResult.SUBMITTED: _submitted,
    AckResult.REJECTED: _rejected,
    AckResult.RETRY: _retry,
    AckResult.NOT_SUBMITTED: _not_submitted,
    AckResult.UNKNOWN: _unknown,
}
