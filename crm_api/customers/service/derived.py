"""What follows from a customer's other facts, and is kept so that it can be looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.calendars.terms import Calendar
from crm_api.customers.models import Anniversary, Customer, Phone, SearchTerm
from crm_api.customers.policies import names
from crm_api.customers.terms import AnniversaryKind, Kind
from crm_api.kit.bulk import blank_row, insert_rows
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

BLANK_ANNIVERSARY = blank_row(Anniversary)


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


def add_derived(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Add search terms and birthdays of customers who are new, given as rows."""
    insert_rows(SearchTerm, [t for row in rows for t in _term_rows(**_named(row))])
    insert_rows(
        Anniversary, [_birthday_row(row, now=now) for row in rows if row["birth_on"] is not None]
    )


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "name", "account_no")}


def _birthday_row(row: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    born = row["birth_on"]
    return {
        **BLANK_ANNIVERSARY,
        "id": new_id(),
        "customer_id": row["id"],
        "kind": AnniversaryKind.BIRTHDAY,
        "calendar": Calendar.SOLAR,
        "year": born.year,
        "month": born.month,
        "day": born.day,
        "is_stated": False,
        "created_at": now,
    }


def _keep_terms(customers: Sequence[Customer]) -> None:
    """Let each be found by what it is called, and by what was merged into it was."""
    ids = [c.id for c in customers]
    db.session.execute(sa.delete(SearchTerm).where(SearchTerm.customer_id.in_(ids)))
    terms = {c.id: _terms(c.kind, c.name, c.account_no) for c in customers}
    merged = sa.select(Customer.merged_into_id, Customer.kind, Customer.name, Customer.account_no)
    for row in db.session.execute(merged.where(Customer.merged_into_id.in_(ids))):
        terms[str(row.merged_into_id)] |= _terms(row.kind, row.name, row.account_no)
    insert_rows(SearchTerm, [row for id_, own in terms.items() for row in _as_rows(id_, own)])


def _term_rows(
    *,
    id: str,
    kind: Kind,
    name: str,
    account_no: str | None,
) -> list[dict[str, str]]:
    return _as_rows(id, _terms(kind, name, account_no))


def _terms(kind: Kind, name: str, account_no: str | None) -> set[str]:
    return names.search_terms(name, is_person=kind is Kind.INDIVIDUAL, account_no=account_no)


def _as_rows(customer_id: str, terms: set[str]) -> list[dict[str, str]]:
    return [{"term": term, "customer_id": customer_id} for term in sorted(terms)]


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
    born = customer.birth_on
    birthday.fall_on(year=born.year, month=born.month, day=born.day)


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


def phone_of(number: str, **facts: Any) -> Phone:
    """Return a phone, with the suffix that it is found by."""
    return Phone(**phone_row(number, **facts))


def phone_row(
    number: str, *, customer_id: str, now: datetime, is_primary: bool, label: str
) -> dict[str, Any]:
    """Return the row of a phone, with the suffix that it is found by."""
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "number": number,
        "suffix": number.removeprefix("+")[::-1],
        "label": label,
        "is_primary": is_primary,
        "created_at": now,
    }
