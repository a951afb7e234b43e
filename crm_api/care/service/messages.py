"""What becomes of a message outside the gateway's own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.audit import service as audit
from crm_api.care import queries
from crm_api.care.approval.queries import held_among
from crm_api.care.models import LOST, CareMessageEvent
from crm_api.care.queries import messages as outbox
from crm_api.care.queries.together import find_speakers
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_history import service as contact_history
from crm_api.contact_history.terms import Direction, Outcome, Purpose
from crm_api.contact_history.values import NewContact
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.terms import Channel
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.care.models import CareMessage

MISSED = "missed_its_window"
HELD_OVER = "held_past_its_window"  # by a manager, or for want of an approval
SAYS_IT = "says_what_is_withdrawn"
CHUNK = 200


def cancel_message(message_id: str, *, reason: str, by: Actor, now: datetime) -> CareMessage:
    """Take a message out of the queue, for a reason that stays with it.

    Where another's text says it besides, that one is planned anew, with its own words.

    :raises MessageMovedOn: if a gateway has it in hand already, or it ended before
    """
    message = queries.get_message(message_id, visible_to=by)
    lock_subjects_of([message, *find_speakers([message.id])])
    db.session.refresh(message, with_for_update=True)
    if message.state is MessageState.CANCELLED and message.reason == reason:
        return message
    for speaker in outbox.lock_waiting([row.id for row in find_speakers([message.id])]):
        withdraw(speaker, SAYS_IT, at=now)
    has_slot = message.state not in LOST
    move(message, MessageState.CANCELLED, at=now, reason=reason, by_id=by.id)
    if has_slot:
        contact_frequency.release_slot(message.slot_id, reason="message_cancelled")
    audit.record(
        "care_message.cancelled",
        by_id=by.id,
        at=now,
        subject_kind="care_message",
        subject_id=message.id,
    )
    return message


def withdraw(message: CareMessage, why: str, *, at: datetime) -> None:
    """Take a locked message back for good, and leave its occurrence to what is planned next."""
    has_slot = message.state not in LOST
    move(message, MessageState.SUPPRESSED, at=at, reason=why)
    message.occurrence = f"withdrawn:{message.id}"
    if has_slot:
        contact_frequency.release_slot(message.slot_id, reason=why)


def expire_messages(*, now: datetime) -> int:
    """Drop the next messages that missed their window, and give back their slots.

    A late greeting is worse than none. Returns how many it found; repeat until there are none.
    """
    found = outbox.overdue_ids(now, limit=CHUNK)
    stopped = held_among([row.id for row in found])
    return len(
        _stop(
            found,
            MessageState.EXPIRED,
            at=now,
            reason=lambda message: HELD_OVER if message.id in stopped else MISSED,
            give_back=contact_frequency.expire_slots,
        )
    )


def suppress_queued(number: str, reason: str, at: datetime) -> int:
    """Stop whatever would still go to a number; return how many messages that were.

    Call it before anything else of the transaction locks the number: it takes the locks of all
    the customers whose messages it stops, in the one order.
    """
    return len(
        _stop(
            outbox.waiting_for(number),
            MessageState.SUPPRESSED,
            at=at,
            reason=lambda _: reason,
            give_back=contact_frequency.release_slots,
        )
    )


def _stop(
    found: Sequence[Any],
    state: MessageState,
    *,
    at: datetime,
    reason: Callable[[CareMessage], str],
    give_back: Callable[..., Any],
) -> Sequence[CareMessage]:
    lock_subjects_of(found)
    messages = outbox.lock_waiting([row.id for row in found])
    slots: dict[str, list[str]] = {}
    for message in messages:
        why = reason(message)
        move(message, state, at=at, reason=why)
        slots.setdefault(why, []).append(message.slot_id)
    for why, slot_ids in slots.items():
        give_back(slot_ids, reason=why)
    return messages


def lock_subjects_of(found: Sequence[Any]) -> None:
    """Lock all whom these messages touch, before the messages themselves."""
    persons = customers.same_person_ids({row.customer_id for row in found})
    locks.lock_subjects(
        customer_ids={one for ids in persons.values() for one in ids},
        endpoints={row.number for row in found},
    )


def move(
    message: CareMessage,
    state: MessageState,
    *,
    at: datetime,
    reason: str = "",
    by_id: str | None = None,
) -> None:
    """Move a message on and note the step.

    :raises MessageMovedOn: if it cannot get there any more
    """
    message.become(state, at=at, reason=reason)
    db.session.add(
        CareMessageEvent(
            message_id=message.id, state=state, reason=reason, by_id=by_id, created_at=at
        )
    )


def settle_submissions(occurred_at: Mapping[CareMessage, datetime], *, now: datetime) -> None:
    """Make messages that the network took contacts, each at its moment.

    Their slots are used up and the history knows them. It stays so whatever becomes of a message
    later: it was sent.
    """
    contact_frequency.consume_slots(
        {message.slot_id: at for message, at in occurred_at.items()}, outcome=Outcome.SENT
    )
    contact_history.record_contacts(
        [_contact(message, occurred_at=at) for message, at in occurred_at.items()],
        by_id=None,
        now=now,
        slot_ids=[message.slot_id for message in occurred_at],
    )


def _contact(message: CareMessage, *, occurred_at: datetime) -> NewContact:
    return NewContact(
        customer_id=message.customer_id,
        occurred_at=occurred_at,
        channel=Channel.SMS,
        direction=Direction.OUTBOUND,
        category=message.category,
        purpose=Purpose.GREETING,
        outcome=Outcome.SENT,
        summary=message.text,
        endpoint=message.number,
        source=f"care_message:{message.id}",
    )
