"""The steps of a message that several calls share, each with its slot and its trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.care.gateway import queries
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from crm_api.care.models import CareMessage


def requeue(
    message: CareMessage, *, due_at: datetime, at: datetime, by_id: str | None, reason: str = ""
) -> None:
    """Put a locked message back into the queue, for any gateway."""
    outbox.move(message, MessageState.QUEUED, at=at, by_id=by_id, reason=reason)
    message.due_at = due_at
    message.lease_token_hash = None
    message.lease_expires_at = None


def count_as_sent(messages: Iterable[CareMessage], *, at: datetime) -> None:
    """Let messages that reached the network count for good, and enter the history.

    They happened when they began: that is the moment at which the governor found them allowed.
    Said twice, it counts once.
    """
    new = [message for message in messages if message.submitted_at is None]
    outbox.settle_submissions({message: message.begun_at or at for message in new}, now=at)
    for message in new:
        message.submitted_at = at


def lock_with_subjects(found: Sequence[Any]) -> list[CareMessage]:
    """Lock whom these messages touch, then the messages, and read them as they are now."""
    outbox.lock_subjects_of(found)
    return list(queries.lock_messages([row.id for row in found]))
