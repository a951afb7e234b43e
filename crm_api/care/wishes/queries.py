"""Reads preferences, and what is planned for the people who have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage
from crm_api.care.queries.celebrants import in_grief, people_of
from crm_api.care.terms import Occasion
from crm_api.care.wishes.models import GreetingPreferences
from crm_api.customers.models import Anniversary, Customer, LifeEvent
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from crm_api.care.values import Cause

WITH_LABELS = (Occasion.ANNIVERSARY, Occasion.PROMOTION, Occasion.LIFE_EVENT)
MAY_STILL_GO = sa.text("care_messages.state IN ('queued', 'leased', 'preempted', 'coalesced')")


def find_preferences(customer_id: str) -> GreetingPreferences | None:
    """Return what a customer wants to be greeted for, if anybody noted it."""
    return db.session.get(GreetingPreferences, customer_id)


def wishes_with_birthdays(customer_ids: Iterable[str]) -> Sequence[Any]:
    """Return by which calendar these customers wish their birthday, and which dates are known."""
    is_birthday = sa.and_(
        Anniversary.customer_id == GreetingPreferences.id,
        Anniversary.kind == AnniversaryKind.BIRTHDAY,
    )
    return db.session.execute(
        sa.select(
            GreetingPreferences.id,
            GreetingPreferences.birthday_calendar,
            Customer.birth_on,
            Anniversary.calendar,
            Anniversary.year,
            Anniversary.month,
            Anniversary.day,
            Anniversary.is_leap_month,
        )
        .join(Customer, Customer.id == GreetingPreferences.id)
        .outerjoin(Anniversary, is_birthday)
        .where(is_among(GreetingPreferences.id, sorted(customer_ids)))
        .order_by(GreetingPreferences.id)
    ).all()


def find_planned(customer_ids: Iterable[str]) -> Sequence[Any]:
    """Return the messages to these customers that may still go, with their subjects."""
    statement = sa.select(CareMessage.id, CareMessage.customer_id, CareMessage.number)
    statement = statement.where(
        MAY_STILL_GO, is_among(CareMessage.customer_id, sorted(customer_ids))
    )
    return db.session.execute(statement.order_by(CareMessage.id)).all()


def find_grieving(first: date, *, last: date) -> Sequence[str]:
    """Return who may be greeted on some days by what they call theirs, and calls one of grief."""
    whose = sa.select(CareMessage.customer_id).where(
        MAY_STILL_GO,
        CareMessage.on_day.between(first, last),
        CareMessage.occasion.in_(WITH_LABELS),
    )
    found = [
        sa.select(Customer.id)
        .join(day, day.customer_id == Customer.id)
        .where(Customer.id.in_(whose), in_grief(day))
        for day in (Anniversary, LifeEvent)
    ]
    return sorted(db.session.scalars(sa.union(*found)))


def lock_planned(message_ids: Iterable[str]) -> Sequence[CareMessage]:
    """Return those of these messages that may still go, as they are now, locked by id."""
    statement = (
        sa.select(CareMessage)
        .where(MAY_STILL_GO, is_among(CareMessage.id, sorted(message_ids)))
        .order_by(CareMessage.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).all()


def stands_of(cause: Cause, *, customer_ids: Iterable[str]) -> dict[str, str]:
    """Return what stands against greeting these customers for a cause, by their occurrences.

    Whose cause it is not, or no more, is not among them.
    """
    people = people_of(cause).where(is_among(Customer.id, sorted(customer_ids)))
    return {row.occurrence: row.obstacle for row in db.session.execute(people)}
