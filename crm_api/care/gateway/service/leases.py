"""Hand messages out to gateways that pull: for a time, to one worker at a time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.gateway import queries
from crm_api.care.gateway.policies import pace
from crm_api.care.gateway.policies.tokens import TOKEN_BYTES, hash_token
from crm_api.care.gateway.queries.outbox import IS_LEASED, IS_SUBMITTING
from crm_api.care.gateway.service.pacing import budget_of
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.queries.opening import open_until
from crm_api.customers.terms import Channel
from crm_api.kit.bulk import update_rows
from crm_api.kit.db import db
from crm_api.kit.touches import touching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crm_api.care.gateway.service.pacing import Budget
    from crm_api.care.gateway.values import Wish
    from crm_api.customers.terms import Category

CHANGED = ("id", "idle_leases", "lease_epoch", "lease_expires_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What a worker got from one look."""

    leased: list[dict[str, Any]]
    recover: list[dict[str, Any]]
    next_poll_ms: int
    server_time: datetime

    @property
    def document(self) -> dict[str, Any]:
        """The answer, as it goes out."""
        return {
            "leased": self.leased,
            "recover": self.recover,
            "next_poll_ms": self.next_poll_ms,
            "server_time": self.server_time,
        }

    @property
    def is_full(self) -> bool:
        """Whether there is anything to do for the worker."""
        return bool(self.leased or self.recover)


def lease_messages(wish: Wish, *, gateway_id: str, now: datetime) -> Hand:
    """Lease what is ready to a worker, and offer its gateway what it began and never answered.

    One token serves all that one call hands out: it is compared together with the message's id,
    and nobody else holds any of these messages. Only the rows are locked here, and those that a
    competitor holds are passed over; the customers' locks are begin's to take.
    """
    quiet = _quiet_times(now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    is_any_lapsed, is_any_to_recover = queries.has_lapsed(gateway_id, now=now)
    if is_any_lapsed:
        return_lapsed(now=now, most=wish.most)
    recovered = _recover(wish, token, gateway_id=gateway_id, now=now) if is_any_to_recover else ()
    budget = budget_of(gateway_id, now=now)
    leased = _lease(wish, token, budget, now=now, quiet=quiet)
    budget.spend()
    return Hand(
        leased=[_show(row, token, now=now, quiet=quiet, ahead=1) for row in leased],
        recover=[_show(row, token, now=now, quiet=quiet, ahead=0) for row in _in_order(recovered)],
        next_poll_ms=pace.next_poll_ms(
            asked=wish.most, got=len(leased), is_slowed=budget.is_slowed, rate=budget.rate
        ),
        server_time=now,
    )


def lease_end(message: Any, end: datetime, *, quiet: Mapping[Category, datetime]) -> datetime:
    """Return when a lease ends: never after the last moment to send, nor in quiet hours.

    What has begun is past that: its lease only says who is asked about it.
    """
    if message.state is MessageState.SUBMITTING:
        return end
    latest: datetime = min(end, message.send_before, quiet.get(message.category, end))
    return latest


def is_anything_ready(*, gateway_id: str, now: datetime) -> bool:
    """Tell a worker that waits whether another look is worth it."""
    return queries.is_anything_ready(
        gateway_id,
        now=now,
        open_categories=_quiet_times(now),
        but_not_of=budget_of(gateway_id, now=now).empty_senders,
    )


def _quiet_times(now: datetime) -> dict[Category, datetime]:
    """Return what may be sent by now and still arrive, each with its next quiet hour."""
    closing = open_until(Channel.SMS, now=now)
    return {category: at for category, at in closing.items() if at >= now + pace.MARGIN}


def return_lapsed(*, now: datetime, most: int) -> int:
    """Put messages that workers leased and never began back into the queue; return how many."""
    returned = _take(
        queries.is_lapsed(IS_LEASED, now=now),
        most=most,
        changes={
            "state": MessageState.QUEUED,
            "lease_token_hash": None,
            "lease_expires_at": None,
        },
    )
    return len(returned)


def _recover(wish: Wish, token: str, *, gateway_id: str, now: datetime) -> Sequence[Any]:
    own = sa.and_(queries.is_lapsed(IS_SUBMITTING, now=now), CareMessage.gateway_id == gateway_id)
    return _take(
        own,
        most=wish.most,
        changes={
            "lease_token_hash": hash_token(token),
            "lease_epoch": CareMessage.lease_epoch + 1,
            "lease_expires_at": now + timedelta(seconds=wish.lease_seconds),
            "lease_worker": wish.worker,
        },
    )


def _lease(
    wish: Wish,
    token: str,
    budget: Budget,
    *,
    now: datetime,
    quiet: Mapping[Category, datetime],
) -> list[Any]:
    """Lease the first that are ready, as far as the rates of their senders go."""
    ready = queries.lock_ready(
        wish.most, now=now, open_categories=quiet, but_not_of=budget.empty_senders
    )
    own = {
        "state": MessageState.LEASED,
        "gateway_id": budget.gateway_id,
        "lease_token_hash": hash_token(token),
        "lease_worker": wish.worker,
    }
    end = now + timedelta(seconds=wish.lease_seconds)
    leased = [
        row._replace(
            idle_leases=row.idle_leases + 1,
            lease_epoch=row.lease_epoch + 1,
            lease_expires_at=lease_end(row, end, quiet=quiet),
        )
        for row in budget.take(ready)
    ]
    changes = [{name: getattr(row, name) for name in CHANGED} for row in leased]
    update_rows(CareMessage, changes, key=("id",), alike=own, is_shown=False)
    return leased


def _take(condition: Any, *, most: int, changes: dict[str, Any]) -> Sequence[Any]:
    """Change the first of those that meet a condition, passing over what others hold.

    The rows are picked in a CTE: as a plain subquery, PostgreSQL might lock more than the limit.
    """
    picked = (
        sa.select(CareMessage.id)
        .where(condition)
        .order_by(CareMessage.priority, CareMessage.due_at, CareMessage.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("picked")
    )
    change = (
        sa.update(CareMessage)
        .where(CareMessage.id.in_(sa.select(picked.c.id)))
        .values(changes)
        .returning(*queries.SHOWN)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(touching(change)).all()  # leases are shown to nobody


def _in_order(rows: Sequence[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))


def _show(
    row: Any, token: str, *, now: datetime, quiet: Mapping[Category, datetime], ahead: int
) -> dict[str, Any]:
    attempt = row.attempt + ahead
    send_before = min(row.send_before, quiet.get(row.category, row.send_before))
    return {
        "id": row.id,
        "lease": {
            "token": token,
            "epoch": row.lease_epoch,
            "expires_at": row.lease_expires_at,
            "seconds_left": _seconds(row.lease_expires_at, now),
        },
        "to": row.number,
        "text": row.text,
        "sender": row.sender,
        "encoding": row.encoding,
        "segments": row.segments,
        "priority": row.priority,
        "send_before": send_before,
        "validity_seconds": _seconds(send_before, now),
        "attempt": attempt,
        "reference": f"{row.id}-{attempt}",
    }


def _seconds(until: datetime, now: datetime) -> int:
    return max(0, int((until - now).total_seconds()))
