"""Who is due to be greeted, who stands in the way of it, and who has been planned already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage
from crm_api.care.policies.birthdays import PLACEHOLDER_DATES
from crm_api.care.terms import Occasion
from crm_api.care.values import DueCount
from crm_api.customers import queries as customers
from crm_api.customers.models import Anniversary, Customer, ExtendedProfile
from crm_api.customers.terms import AnniversaryKind, Status
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.care.values import Cause

NOTHING = ""
PERSON = sa.func.coalesce(Customer.person_id, Customer.id)
GONE = [
    (Customer.status == Status.DECEASED, sa.literal("deceased")),
    (Customer.status == Status.CLOSED, sa.literal("account_closed")),
]
NO_PHONE = (Customer.phone.is_(None), sa.literal("no_phone"))


def due_people(cause: Cause, *, after: str | None, limit: int) -> Sequence[Any]:
    """Return the next of those due, by key, each with whether nothing that we know stops them.

    Only the page is asked about, and with an index look-up each: to filter first, or to join the
    day's messages, would read the whole book for every few hundred of it.
    """
    people = _people(cause)
    key = people.selected_columns["key"]
    if after is not None:
        people = people.where(key > after)
    page = people.order_by(key).limit(limit).subquery()
    message = sa.select(CareMessage.id).where(CareMessage.occurrence == page.c.occurrence)
    is_open = sa.and_(page.c.obstacle == NOTHING, message.scalar_subquery().is_(None))
    style = sa.select(ExtendedProfile.communication_style)
    style = style.where(ExtendedProfile.id == page.c.customer_id)
    statement = sa.select(
        *page.c, is_open.label("is_open"), style.scalar_subquery().label("style")
    ).order_by(page.c.key)
    return db.session.execute(statement).all()


def count_due(cause: Cause, *, visible_to: Actor | None = None) -> list[DueCount]:
    """Return how many are due, by what stops them and by what became of their message.

    The planner counts for everybody; people see the count of those whom they may see.
    """
    due = _due(cause)
    if visible_to is not None:
        due = customers.limit_to(due, visible_to=visible_to)
    people = due.subquery()
    groups = (people.c.obstacle, people.c.state, people.c.reason)
    rows = db.session.execute(
        sa.select(*groups, sa.func.count().label("count")).group_by(*groups).order_by(*groups)
    )
    return [DueCount(**row) for row in rows.mappings()]


def _due(cause: Cause) -> sa.Select[Any]:
    people = _people(cause)
    occurrence = people.selected_columns["occurrence"]
    return people.outerjoin(CareMessage, CareMessage.occurrence == occurrence).add_columns(
        CareMessage.state, CareMessage.reason
    )


def _people(cause: Cause) -> sa.Select[Any]:
    return _celebrating(cause) if cause.date is None else _remembering(cause)


def _celebrating(cause: Cause) -> sa.Select[Any]:
    """Everybody keeps a festival."""
    occurrence = sa.literal(f"festival:{cause.festival_key}:{cause.label_year}:") + PERSON
    return sa.select(
        Customer.id.label("key"),
        *_person_columns(),
        sa.literal(NOTHING).label("label"),
        sa.literal(NOTHING).label("kind"),
        occurrence.label("occurrence"),
        sa.case(*GONE, NO_PHONE, else_=NOTHING).label("obstacle"),
    )


def _remembering(cause: Cause) -> sa.Select[Any]:
    """Those whose profile holds the date. The kind decides whether it is a birthday."""
    assert cause.date is not None  # noqa: S101 - for the type checker
    is_birthday = Anniversary.kind == AnniversaryKind.BIRTHDAY
    not_greeted = (Anniversary.is_greeted.is_(False), sa.literal("not_greeted"))
    return (
        sa.select(
            Anniversary.id.label("key"),
            *_person_columns(),
            Anniversary.label.label("label"),
            sa.type_coerce(Anniversary.kind, sa.Text).label("kind"),
            _occurrence_of_date(cause).label("occurrence"),
            sa.case(*GONE, not_greeted, _suspicious(), NO_PHONE, else_=NOTHING).label("obstacle"),
        )
        .join(Customer, Customer.id == Anniversary.customer_id)
        .where(
            Anniversary.calendar == cause.date.calendar,
            Anniversary.month == cause.date.month,
            Anniversary.day == cause.date.day,
            is_birthday if cause.occasion is Occasion.BIRTHDAY else sa.not_(is_birthday),
        )
    )


def _occurrence_of_date(cause: Cause) -> sa.ColumnElement[str]:
    """One birthday a year, whichever calendar it is kept in; one of each other date."""
    assert cause.date is not None  # noqa: S101 - for the type checker
    if cause.occasion is Occasion.BIRTHDAY:
        return sa.literal(f"birthday:{cause.label_year}:") + PERSON
    when = f":{cause.date.calendar}-{cause.date.month}-{cause.date.day}:{cause.label_year}:"
    kind = sa.type_coerce(Anniversary.kind, sa.Text)
    return sa.literal("anniversary:") + kind + when + PERSON


def _suspicious() -> tuple[sa.ColumnElement[bool], sa.ColumnElement[str]]:
    date = sa.tuple_(Anniversary.year, Anniversary.month, Anniversary.day)
    return date.in_(sorted(PLACEHOLDER_DATES)), sa.literal("suspicious_date")


def _person_columns() -> tuple[Any, ...]:
    return (
        Customer.id.label("customer_id"),
        Customer.name.label("name"),
        Customer.gender.label("gender"),
        Customer.phone.label("number"),
        Customer.tier.label("tier"),
        Customer.person_id.label("person_id"),
    )


def planned_occurrences(occurrences: Iterable[str]) -> set[str]:
    """Return those of these occurrences that have a message."""
    return set(
        db.session.scalars(
            sa.select(CareMessage.occurrence).where(is_among(CareMessage.occurrence, occurrences))
        )
    )
