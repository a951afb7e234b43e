"""Leases made longer, while they last."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.care.gateway import queries
from crm_api.care.gateway.policies import gate
from crm_api.care.gateway.policies.tokens import hash_token
from crm_api.care.gateway.service.leases import lease_end
from crm_api.care.gateway.terms import Refusal
from crm_api.care.gateway.values import ExtensionAnswer
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.queries.opening import open_until
from crm_api.customers.terms import Channel
from crm_api.kit.bulk import update_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.gateway.values import Held


def extend_leases(
    held: Sequence[Held], *, lease_seconds: int, gateway_id: str, now: datetime
) -> list[ExtensionAnswer]:
    """Let a worker keep what it holds for longer. What it lost stays lost, and it hears why."""
    # In one order, as all who change several messages: else two of them might wait in a ring.
    own = queries.messages_held({one.id for one in held}, gateway_id=gateway_id)
    locked = queries.lock_states([row.id for row in own], gateway_id=gateway_id)
    tokens = {(one.id, hash_token(one.lease_token)) for one in held}
    end, quiet = now + timedelta(seconds=lease_seconds), open_until(Channel.SMS, now=now)
    extended = {
        row.id: lease_end(row, end, quiet=quiet)
        for row in locked
        if (row.id, row.lease_token_hash) in tokens and _is_held(row, now=now)
    }
    changes = [{"id": i, "lease_expires_at": at} for i, at in extended.items()]
    update_rows(CareMessage, changes, key=("id",), is_shown=False)
    losses = {row.id: gate.explain_loss(row.state, row.reason) for row in locked}
    return [
        ExtensionAnswer(id=one.id, expires_at=extended[one.id])
        if one.id in extended
        else ExtensionAnswer(id=one.id, code=losses.get(one.id, Refusal.LEASE_LOST))
        for one in held
    ]


def _is_held(message: Any, *, now: datetime) -> bool:
    is_in_hand = message.state in (MessageState.LEASED, MessageState.SUBMITTING)
    return is_in_hand and message.lease_expires_at is not None and message.lease_expires_at > now
