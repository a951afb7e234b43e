"""Messages that wait follow their customers to new numbers, as `app` has `kit.following` tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.care.gateway.service.steps import requeue
from crm_api.care.models import CareMessage
from crm_api.care.models.messages import IS_WAITING
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.models import Customer
from crm_api.kit import clock
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.kit.following import Changed, Watched

WATCHED: Watched = {Customer: ("phone",)}
NEW_NUMBER = "new_number"
NO_PHONE = "no_phone"


def follow_numbers(changes: Sequence[Changed]) -> None:
    """Send to the number that the customer has now; what is leased goes back for that.

    A worker that holds it learns at begin that its lease is lost: it has the former number in hand.
    """
    former: dict[str, str | None] = {}
    for change in changes:
        former.setdefault(change.record.id, change.before["phone"])
    statement = (
        sa.select(CareMessage, Customer.phone)
        .join(Customer, Customer.id == CareMessage.customer_id)
        .where(IS_WAITING, is_among(CareMessage.customer_id, sorted(former)))
        .order_by(CareMessage.id)
        .with_for_update(of=CareMessage)
        .execution_options(populate_existing=True)
    )
    for message, phone in db.session.execute(statement).all():
        if message.number == former[message.customer_id] != phone:
            send_to(phone, message, now=clock.after_lock(db.session()))
    db.session.flush()


def send_to(phone: str | None, message: CareMessage, *, now: datetime) -> None:
    """Let a waiting message go to another number; without one, it goes nowhere any more."""
    if phone is None:
        outbox.move(message, MessageState.CANCELLED, at=now, reason=NO_PHONE)
        contact_frequency.release_slot(message.slot_id, reason=NO_PHONE)
        return
    message.number = phone
    if message.state is MessageState.LEASED:
        requeue(message, due_at=message.due_at, at=now, by_id=None, reason=NEW_NUMBER)
