"""What follows from a customer's other facts, and is kept so that it can be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.calendars.terms import Calendar
from crm_api.customers.models import Anniversary, Customer, Phone, SearchTerm
from crm_api.customers.policies import names
from crm_api.customers.terms import AnniversaryKind, Kind
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


def keep_reading(customer: Customer) -> None:
    """Bring the name's pinyin and initials in line with it. Before the flush: one version."""
    is_person = customer.kind is Kind.INDIVIDUAL
    reading = names.read_name(customer.name, is_person=is_person)
    customer.name_pinyin, customer.name_initials = reading


def keep_derived(customers: Sequence[Customer], *, now: datetime) -> None:
    """Bring search terms and birthdays in line with names, account numbers and birth dates.

    For one customer or a whole batch, in the same number of statements.
    """
    db.session.flush()
    _keep_terms(customers)
    _keep_birthdays(customers, now=now)


def _keep_terms(customers: Sequence[Customer]) -> None:
    ids = [c.id for c in customers]
    db.session.execute(sa.delete(SearchTerm).where(SearchTerm.customer_id.in_(ids)))
    rows = [{"term": term, "customer_id": c.id} for c in customers for term in _terms(c)]
    if rows:
        db.session.execute(sa.insert(SearchTerm), rows)


def _terms(customer: Customer) -> Iterable[str]:
    is_person = customer.kind is Kind.INDIVIDUAL
    return sorted(
        names.search_terms(customer.name, is_person=is_person, account_no=customer.account_no)
    )


def _keep_birthdays(customers: Sequence[Customer], *, now: datetime) -> None:
    ids = [c.id for c in customers]
    statement = sa.select(Anniversary).where(
        Anniversary.customer_id.in_(ids), Anniversary.kind == AnniversaryKind.BIRTHDAY
    )
    known = {row.customer_id: row for row in db.session.scalars(statement)}
    for customer in customers:
        _keep_birthday(customer, known.get(customer.id), now=now)
    db.session.flush()


def _keep_birthday(customer: Customer, known: Anniversary | None, *, now: datetime) -> None:
    if known is not None and known.is_stated:
        return
    if customer.birth_on is None:
        if known is not None:
            db.session.delete(known)
        return
    birthday = known or _new_birthday(customer, now=now)
    birthday.year = customer.birth_on.year
    birthday.month = customer.birth_on.month
    birthday.day = customer.birth_on.day


def _new_birthday(customer: Customer, *, now: datetime) -> Anniversary:
    birthday = Anniversary(
        customer_id=customer.id,
        kind=AnniversaryKind.BIRTHDAY,
        calendar=Calendar.SOLAR,
        month=1,
        day=1,
        is_stated=False,
        created_at=now,
    )
    db.session.add(birthday)
    return birthday


def phone_of(
    number: str, *, customer_id: str, now: datetime, is_primary: bool, label: str
) -> Phone:
    """Return a phone's row, with the suffix that it is found by."""
    return Phone(
        customer_id=customer_id,
        number=number,
        suffix=number.removeprefix("+")[::-1],
        label=label,
        is_primary=is_primary,
        created_at=now,
    )
