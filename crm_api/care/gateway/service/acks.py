"""What a gateway says of the messages that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from crm_api.care.gateway import queries
from crm_api.care.gateway.models import DeliveryAttempt
from crm_api.care.gateway.policies import gate
from crm_api.care.gateway.policies.tokens import hash_token
from crm_api.care.gateway.service.answers import settle_answered
from crm_api.care.gateway.service.reports import match_waiting
from crm_api.care.gateway.service.steps import lock_with_subjects
from crm_api.care.gateway.terms import AckResult, Refusal
from crm_api.care.gateway.values import ItemAnswer
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError
from crm_api.kit.ids import new_id
from crm_api.kit.touches import touching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
ANY = frozenset(AckResult)
# Which answers a state takes. A report may overtake the answer, which then settles nothing more.
ANSWERABLE = {
    MessageState.LEASED: frozenset({AckResult.NOT_SUBMITTED}),
    MessageState.SUBMITTING: ANY,
    MessageState.UNCERTAIN: frozenset({AckResult.SUBMITTED, AckResult.REJECTED}),
    MessageState.SUBMITTED: ANY,
    MessageState.DELIVERED: ANY,
    MessageState.UNDELIVERED: ANY,
    MessageState.REJECTED: ANY,
}
TOO_SOON = {
    MessageState.LEASED: Refusal.NOT_BEGUN,
    MessageState.UNCERTAIN: Refusal.UNCERTAIN,
}


def ack_messages(acks: Sequence[Ack], *, gateway_id: str, now: datetime) -> list[ItemAnswer]:
    """Take a gateway's answers, each for itself: some may be refused while others count."""
    ids = [ack.id for ack in acks]
    locked = lock_with_subjects(queries.messages_held(ids, gateway_id=gateway_id))
    held = {message.id: message for message in locked if message.gateway_id == gateway_id}
    call = _Call(held=held, gateway_id=gateway_id, now=now)
    firsts = {ack.id: ack for ack in reversed(acks)}
    together = _answer(list(firsts.values()), call)
    # What a call says of one message a second time is heard after the first.
    answers = [
        together[ack.id] if ack is firsts[ack.id] else _answer([ack], call)[ack.id] for ack in acks
    ]
    provider_ids = {ack.provider_id for ack in acks if ack.provider_id}
    match_waiting(gateway_id, provider_ids=provider_ids, now=now)
    return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Who speaks, when, and which of the messages it holds: locked until the end."""

    held: Mapping[str, CareMessage]
    gateway_id: str
    now: datetime


def _answer(acks: Sequence[Ack], call: _Call) -> dict[str, ItemAnswer]:
    """Take answers together; where one spoils it, halve them until that one stands alone."""
    try:
        with db.session.begin_nested():
            return _take(acks, call)
    except DomainError as error:
        if len(acks) == 1:
            log.warning("ack_refused", message_id=acks[0].id, code=error.code)
            return {acks[0].id: ItemAnswer(id=acks[0].id, code=Refusal.CONFLICT)}
    half = len(acks) // 2
    return _answer(acks[:half], call) | _answer(acks[half:], call)


def _take(acks: Sequence[Ack], call: _Call) -> dict[str, ItemAnswer]:
    attempts: dict[str, list[DeliveryAttempt]] = {ack.id: [] for ack in acks}
    for attempt in queries.attempts_of(attempts, gateway_id=call.gateway_id):
        attempts[attempt.message_id].append(attempt)
    answers = {ack.id: _without_change(ack, attempts[ack.id], call) for ack in acks}
    new = [ack for ack in acks if answers[ack.id] is None]
    answered = [(message, ack) for ack, message in zip(new, _fence(new, call), strict=True)]
    for message, ack in answered:
        _keep(ack, message, attempts[ack.id], now=call.now)
    settle_answered(answered, now=call.now)
    taken = {ack.id: ItemAnswer(id=ack.id, state=message.state) for message, ack in answered}
    return taken | {key: answer for key, answer in answers.items() if answer is not None}


def _without_change(
    ack: Ack, attempts: Sequence[DeliveryAttempt], call: _Call
) -> ItemAnswer | None:
    """Answer what changes nothing: a repeat, or what cannot be said of the message now."""
    token_hash, message = hash_token(ack.lease_token), call.held.get(ack.id)
    for told in attempts:
        if told.result is not None and told.token_hash == token_hash:
            return _repeat(ack, told, message)
    refusal = _refusal(ack, message)
    return ItemAnswer(id=ack.id, code=refusal) if refusal else None


def _refusal(ack: Ack, message: CareMessage | None) -> Refusal | None:
    if message is None:
        return Refusal.LEASE_LOST
    is_held = message.lease_token_hash == hash_token(ack.lease_token)
    if not is_held or message.state not in ANSWERABLE:
        return gate.explain_loss(message.state, message.reason)
    return None if ack.result in ANSWERABLE[message.state] else TOO_SOON[message.state]


def _repeat(ack: Ack, told: DeliveryAttempt, message: CareMessage | None) -> ItemAnswer:
    if told.result is not ack.result:
        return ItemAnswer(id=ack.id, code=Refusal.ACK_CONTRADICTS)
    return ItemAnswer(id=ack.id, state=message.state if message else STATES_AFTER[ack.result])


def _fence(acks: Sequence[Ack], call: _Call) -> list[CareMessage]:
    """Take messages out of their leases, each while its token holds it.

    One statement compares and changes, so that a stale token cannot change anything, whatever
    happened since somebody last looked.
    """
    if not acks:
        return []
    change = (
        sa.update(CareMessage)
        .where(
            sa.tuple_(CareMessage.id, CareMessage.lease_token_hash).in_(
                [(ack.id, hash_token(ack.lease_token)) for ack in acks]
            ),
            CareMessage.gateway_id == call.gateway_id,
            CareMessage.state.in_(ANSWERABLE),
        )
        .values(lease_expires_at=None)
        .returning(CareMessage)
        .execution_options(populate_existing=True)
    )
    fenced = {message.id: message for message in db.session.scalars(touching(change))}
    return [fenced[ack.id] for ack in acks]


def _keep(
    ack: Ack, message: CareMessage, attempts: Sequence[DeliveryAttempt], *, now: datetime
) -> None:
    begun = next((a for a in reversed(attempts) if a.result is None), None)
    attempt = begun or _never_begun(message, now=now)
    attempt.token_hash = hash_token(ack.lease_token)
    attempt.result = ack.result
    attempt.acked_at = now
    attempt.provider_id = ack.provider_id
    attempt.error = ack.error
    attempt.segments = ack.segments


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
