"""The last look before a message leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from crm_api.care.gateway import queries
from crm_api.care.gateway.models import DeliveryAttempt
from crm_api.care.gateway.policies import gate
from crm_api.care.gateway.policies.tokens import digest_text, hash_token
from crm_api.care.gateway.service.following import send_to
from crm_api.care.gateway.service.steps import requeue
from crm_api.care.gateway.terms import Refusal
from crm_api.care.gateway.values import ItemAnswer
from crm_api.care.models import LOST, CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.bulk import insert_rows, update_rows
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from crm_api.care.gateway.values import Held
    from crm_api.contact_frequency.values import Decision

log = structlog.get_logger()


def begin_messages(held: Sequence[Held], *, gateway_id: str, now: datetime) -> list[ItemAnswer]:
    """Ask the governor for the last time, and bind to this gateway what it lets through.

    Repeated with the same token while the lease lasts, it says the same: the answer may have been
    lost, and nothing has been submitted before it arrived. The token of a recovery begins nothing:
    there the gateway's journal says whether it was submitted.
    """
    contact_frequency.join_begins()
    own = queries.messages_held([one.id for one in held], gateway_id=gateway_id)
    outbox.lock_subjects_of(own)
    ids = [row.id for row in own]
    rows = {row.id: row for row in queries.lock_to_begin(ids, gateway_id=gateway_id)}
    holding = {
        one.id: rows[one.id]
        for one in held
        if one.id in rows and _holds(one, rows[one.id], now=now)
    }
    leased = {i: row for i, row in holding.items() if row.state is MessageState.LEASED}
    for recovered in _not_begun_so(holding, but_for=leased):
        del holding[recovered]
    for lost in _follow_numbers(leased, now=now):
        del leased[lost], holding[lost]
    refusals = _keep_back(leased, gateway_id=gateway_id, now=now)
    for stopped in refusals:
        del leased[stopped]
    refusals |= _pass_gate(leased, gateway_id=gateway_id, now=now)
    return [_answer(one, rows, holding, refusals) for one in held]


def _not_begun_so(holding: Mapping[str, Any], *, but_for: Collection[str]) -> list[str]:
    """Return which of these had begun already, and under another token."""
    begun = {i: row for i, row in holding.items() if i not in but_for}
    tokens = queries.begun_tokens(begun) if begun else {}
    return [i for i, row in begun.items() if tokens.get(i) != row.lease_token_hash]


def _follow_numbers(leased: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Take back what was planned for a number while its customer was changing it."""
    phones = {i: row.phone for i, row in leased.items() if row.number != row.phone}
    for message in queries.lock_messages(phones):
        phone = phones[message.id]
        former, to = {message.customer_id: message.number}, {message.customer_id: phone}
        contact_frequency.follow_numbers(former, to=to, now=now)
        send_to(phone, message, now=now)
    return list(phones)


def _keep_back(leased: Mapping[str, Any], *, gateway_id: str, now: datetime) -> dict[str, Refusal]:
    """Put back what managers hold for now: it is leased again once they release it.

    What commits a ruling takes the lock that begins share alone, and it was read under that lock.
    """
    stopped = [i for i, row in leased.items() if row.is_stopped]
    for message in queries.lock_messages(stopped):
        requeue(message, due_at=message.due_at, at=now, by_id=gateway_id, reason=Refusal.HELD)
        message.idle_leases = 0  # a worker did ask: nothing is wrong with the message
    return dict.fromkeys(stopped, Refusal.HELD)


def _holds(one: Held, message: Any, *, now: datetime) -> bool:
    return bool(
        message.state in (MessageState.LEASED, MessageState.SUBMITTING)
        and message.lease_token_hash == hash_token(one.lease_token)
        and message.lease_expires_at is not None
        and message.lease_expires_at > now
    )


def _pass_gate(leased: Mapping[str, Any], *, gateway_id: str, now: datetime) -> dict[str, Refusal]:
    decisions = contact_frequency.begin_slots([row.slot_id for row in leased.values()])
    refused = {i: d for i, row in leased.items() if (d := decisions[row.slot_id]) is not None}
    _bind([row for i, row in leased.items() if i not in refused], gateway_id=gateway_id, now=now)
    return {
        message.id: _turn_back(message, refused[message.id], gateway_id=gateway_id, now=now)
        for message in queries.lock_messages(refused)
    }


def _bind(begun: Sequence[Any], *, gateway_id: str, now: datetime) -> None:
    if not begun:
        return
    bound = [
        {"id": row.id, "lease_token_hash": row.lease_token_hash, "attempt": row.attempt + 1}
        for row in begun
    ]
    alike = {"state": MessageState.SUBMITTING, "idle_leases": 0, "begun_at": now}
    key = ("id", "lease_token_hash")
    update_rows(CareMessage, bound, key=key, alike=alike, is_shown=False)
    insert_rows(DeliveryAttempt, [_attempt(row, gateway_id, now=now) for row in begun])
    log.info("messages_begun", text_digests={row.id: digest_text(row.text) for row in begun})


def _attempt(row: Any, gateway_id: str, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": now,
        "message_id": row.id,
        "gateway_id": gateway_id,
        "worker": row.lease_worker,
        "begun_at": now,
        "token_hash": row.lease_token_hash,
        "error": "",
    }


def _turn_back(
    message: CareMessage, decision: Decision, *, gateway_id: str, now: datetime
) -> Refusal:
    """Let a refused message wait for its next moment, or end it and give its slot back."""
    if message.state in LOST:  # to another message of this very call
        return gate.explain_loss(message.state, message.reason)
    codes = [reason.code for reason in decision.reasons if reason.blocks]
    refusal = gate.name_refusal(codes)
    until = gate.next_look(
        codes,
        next_allowed_at=decision.next_allowed_at,
        send_before=message.send_before,
        now=now,
    )
    if until is not None:
        requeue(message, due_at=until, at=now, by_id=gateway_id, reason=refusal)
        message.idle_leases = 0  # a worker did ask: nothing is wrong with the message
        return refusal
    end = gate.end_of(refusal)
    outbox.move(message, end, at=now, by_id=gateway_id, reason=refusal)
    if end is MessageState.EXPIRED:
        contact_frequency.expire_slot(message.slot_id, reason=refusal)
    else:
        contact_frequency.release_slot(message.slot_id, reason=refusal)
    return refusal


def _answer(
    one: Held,
    rows: Mapping[str, Any],
    holding: Mapping[str, Any],
    refusals: Mapping[str, Refusal],
) -> ItemAnswer:
    if one.id in refusals:
        return ItemAnswer(id=one.id, code=refusals[one.id])
    if one.id in holding:
        return ItemAnswer(id=one.id, state=MessageState.SUBMITTING)
    if one.id not in rows:
        return ItemAnswer(id=one.id, code=Refusal.LEASE_LOST)
    return ItemAnswer(id=one.id, code=gate.explain_loss(rows[one.id].state, rows[one.id].reason))
