"""A customer's numbers, one of which is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import locks, queries
from crm_api.customers.errors import PhoneKnown, TooManyPhones
from crm_api.customers.models import Customer, Phone
from crm_api.customers.policies.phones import MOST_PHONES, first_mobile, is_mobile
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.values import BY_HAND
from crm_api.customers.service.derived import phone_of
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def add_phone(
    customer_id: str,
    *,
    number: str,
    by: Actor,
    now: datetime,
    label: str = "",
    id: str | None = None,
) -> Phone:
    """Note one more number of a customer; the first mobile one becomes the primary.

    :raises NotFound: if the actor may not see the customer
    :raises PhoneKnown: if the customer has the number under another id
    :raises TooManyPhones: if no more are kept
    """
    locks.lock_subjects(customer_ids=[customer_id], endpoints=[number])
    customer = queries.get_customer(customer_id, visible_to=by)
    if id is not None and (known := db.session.get(Phone, id)) is not None:
        return _repeat(known, customer_id=customer_id, number=number)
    _require_room(queries.phones_of(customer_id), number=number)
    phone = phone_of(number, customer_id=customer_id, now=now, is_primary=False, label=label)
    if id is not None:
        phone.id = id
    db.session.add(phone)
    if customer.phone is None and is_mobile(number):
        _write_to(customer, phone)
    provenance.note_learned(customer_id, ["phones"], source=BY_HAND, by_id=by.id, now=now)
    return phone


def _require_room(phones: Sequence[Phone], *, number: str) -> None:
    for phone in phones:
        if phone.number == number:
            raise PhoneKnown(phone_id=phone.id)
    if len(phones) >= MOST_PHONES:
        raise TooManyPhones(most=MOST_PHONES)


def _repeat(known: Phone, *, customer_id: str, number: str) -> Phone:
    if (known.customer_id, known.number) != (customer_id, number):
        raise IdTaken
    return known


def make_primary(customer_id: str, *, phone_id: str, by: Actor) -> Phone:
    """Write to this number from now on.

    :raises NotFound: if the actor may not see the customer, or it has no such number
    :raises Invalid: if the number takes no messages
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    phone = queries.get_phone(phone_id, customer_id=customer_id)
    if not is_mobile(phone.number):
        raise Invalid("/phone_id", "Choose a mobile number: others take no messages.")
    for other in queries.phones_of(customer_id):
        other.is_primary = False
    _write_to(customer, phone)
    db.session.flush()
    return phone


def remove_phone(customer_id: str, *, phone_id: str, by: Actor) -> None:
    """Forget a number; where it was the primary, the next mobile one takes its place.

    :raises NotFound: if the actor may not see the customer, or it has no such number
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    phone = queries.get_phone(phone_id, customer_id=customer_id)
    db.session.delete(phone)
    db.session.flush()
    if not phone.is_primary:
        return
    remaining = {other.number: other for other in queries.phones_of(customer_id)}
    customer.phone = first_mobile(remaining)
    if customer.phone is not None:
        remaining[customer.phone].is_primary = True
    db.session.flush()


def _write_to(customer: Customer, phone: Phone) -> None:
    customer.phone = phone.number
    phone.is_primary = True
