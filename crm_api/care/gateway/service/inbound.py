"""What customers write back: a refusal counts before anything else goes to their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from crm_api.care.gateway import queries
from crm_api.care.gateway.models import InboundCustomer, InboundMessage
from crm_api.care.gateway.policies.replies import read_reply
from crm_api.care.gateway.terms import InboundAction, Refusal
from crm_api.care.gateway.values import InboundAnswer
from crm_api.care.queries.messages import waiting_for
from crm_api.care.service import messages as outbox
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_history import service as contact_history
from crm_api.contact_history.terms import Direction, Outcome, Purpose
from crm_api.contact_history.values import NewContact
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from crm_api.care.gateway.values import Inbound

STORED = "stored"
DUPLICATE = "duplicate"
REFUSALS: Final = (InboundAction.OPT_OUT, InboundAction.REVIEW)


def take_inbound(
    messages: Sequence[Inbound], *, gateway_id: str, now: datetime
) -> list[InboundAnswer]:
    """Keep each message once, and do what it asks in the same transaction.

    A longer text that sounds like a refusal silences the number at once; a person then reads it.
    """
    stored = _store(messages, gateway_id=gateway_id, now=now)
    senders = _lock_senders({message.number for message in stored.values()})
    _keep_senders(stored.values(), senders)
    for message in stored.values():
        _heed(message, now=now)
        _record(message, customer_ids=senders.get(message.number, ()), now=now)
    fresh = dict(stored)
    known = queries.actions_of([m.inbound_id for m in messages], gateway_id=gateway_id)
    return [
        InboundAnswer(
            inbound_id=message.inbound_id,
            # Told twice in one call, the first one counts.
            outcome=STORED if fresh.pop(message.inbound_id, None) else DUPLICATE,
            action=known[message.inbound_id],
        )
        for message in messages
    ]


def _store(
    messages: Sequence[Inbound], *, gateway_id: str, now: datetime
) -> dict[str, InboundMessage]:
    rows = {
        message.inbound_id: {
            "id": new_id(),
            "created_at": now,
            "gateway_id": gateway_id,
            "inbound_id": message.inbound_id,
            "number": message.number,
            "sent_to": message.sent_to,
            "text": message.text,
            # A clock that is ahead must not make of this the last word for years.
            "received_at": min(message.received_at, now),
            "action": read_reply(message.text),
        }
        for message in reversed(messages)
    }
    # In one order, so that two calls with the same messages wait for each other, not in a ring.
    ordered = [rows[inbound_id] for inbound_id in sorted(rows)]
    change = insert(InboundMessage).values(ordered).on_conflict_do_nothing()
    stored = db.session.scalars(change.returning(InboundMessage)).all()
    return {message.inbound_id: message for message in sorted(stored, key=_by_time)}


def _by_time(message: InboundMessage) -> tuple[datetime, bool, str]:
    """Heed what was written first, first; of one instant, a refusal is the last word."""
    return message.received_at, message.action in REFUSALS, message.id


def _lock_senders(numbers: set[str]) -> Mapping[str, Sequence[str]]:
    """Lock these numbers, whoever has them, and whoever would still be written to on them."""
    senders = queries.customers_on(numbers)
    touched = {one for ids in senders.values() for one in ids}
    touched |= {row.customer_id for number in numbers for row in waiting_for(number)}
    persons = customers.same_person_ids(touched)
    everybody = {one for ids in persons.values() for one in ids}
    locks.lock_subjects(customer_ids=everybody, endpoints=numbers)
    return senders


def _keep_senders(
    messages: Collection[InboundMessage], senders: Mapping[str, Sequence[str]]
) -> None:
    """Keep whose each message is, for a number may pass to somebody else."""
    rows = [
        {"inbound_id": message.id, "customer_id": customer_id}
        for message in messages
        for customer_id in senders.get(message.number, ())
    ]
    if rows:
        db.session.execute(sa.insert(InboundCustomer), rows)


def _heed(message: InboundMessage, *, now: datetime) -> None:
    source = source_of(message)
    if message.action in REFUSALS:
        outbox.suppress_queued(message.number, Refusal.OPTED_OUT, now)
        contact_frequency.opt_out(message.number, at=now, source=source)
    elif message.action is InboundAction.OPT_IN and not queries.was_refused_later(message):
        contact_frequency.opt_in(message.number, at=now, source=source)


def source_of(message: InboundMessage) -> str:
    """Name the message as the cause of an opt-out."""
    return f"inbound:{message.id}"


def _record(message: InboundMessage, *, customer_ids: Sequence[str], now: datetime) -> None:
    entries = [
        NewContact(
            customer_id=customer_id,
            occurred_at=message.received_at,
            channel=Channel.SMS,
            direction=Direction.INBOUND,
            category=Category.SERVICE,
            purpose=Purpose.OTHER,
            outcome=Outcome.REACHED,
            summary=message.text,
            endpoint=message.number,
            # Two customers on one number each have a contact, and each contact a slot.
            source=source_of(message) + (f":{place}" if place else ""),
            begun_by_customer=True,
        )
        for place, customer_id in enumerate(sorted(customer_ids))
    ]
    contact_history.record_contacts(entries, by_id=None, now=now, slot_ids=[None] * len(entries))
