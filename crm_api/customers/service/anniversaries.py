"""Keep the days that matter to a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.calendars.terms import Calendar
from crm_api.customers import locks, queries
from crm_api.customers.errors import BirthdayKnown
from crm_api.customers.models import Anniversary
from crm_api.customers.policies.dates import require_real_date
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.values import BY_HAND
from crm_api.customers.service.derived import keep_derived
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.provenance.values import Source

DATE = ("calendar", "year", "month", "day", "is_leap_month")
UNSAID = {
    "label": "",
    "calendar": Calendar.SOLAR,
    "year": None,
    "is_leap_month": False,
    "is_greeted": True,
}


def add_anniversary(
    customer_id: str,
    *,
    content: dict[str, Any],
    by: Actor,
    now: datetime,
    source: Source = BY_HAND,
) -> Anniversary:
    """Note a day. A birthday that the customer states replaces the one on the document.

    :raises NotFound: if the actor may not see the customer
    :raises BirthdayKnown: if a birthday was stated before
    :raises IdTaken: if the id belongs to another entry
    :raises Invalid: if there is no such date
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    _require_real(content)
    known = queries.find_anniversary(content["id"]) if "id" in content else None
    if known is not None:
        return _repeat(known, content, customer_id=customer_id)
    anniversary = _birthday_to_replace(customer_id, content) or Anniversary(
        id=new_id(), customer_id=customer_id, created_at=now
    )
    _state(anniversary, content)
    db.session.add(anniversary)
    provenance.note_learned(
        customer_id, [f"anniversary:{anniversary.kind}"], source=source, by_id=by.id, now=now
    )
    return anniversary


def change_anniversary(
    customer_id: str,
    *,
    anniversary_id: str,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
) -> Anniversary:
    """Mend a day, or say whether the customer likes to be greeted on it.

    :raises NotFound: if the actor may not see the customer, or it has no such entry
    :raises StaleVersion: if somebody changed it since it was read
    :raises Invalid: if there is no such date
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    anniversary = queries.get_anniversary(anniversary_id, customer_id=customer_id)
    require_version(anniversary, expected=expected_version, wanted=changes)
    _require_real({**{name: getattr(anniversary, name) for name in DATE}, **changes})
    _state(anniversary, changes)
    provenance.note_learned(
        customer_id, [f"anniversary:{anniversary.kind}"], source=BY_HAND, by_id=by.id, now=now
    )
    return anniversary


def _state(anniversary: Anniversary, content: dict[str, Any]) -> None:
    anniversary.fall_on(**{name: value for name, value in content.items() if name in DATE})
    for name, value in {**content, "is_stated": True}.items():
        setattr(anniversary, name, value)


def confirm_anniversary(
    customer_id: str, *, anniversary_id: str, expected_version: int, by: Actor, now: datetime
) -> Anniversary:
    """Confirm that a date is right which looked like no real one: the customer was asked.

    :raises NotFound: if the actor may not see the customer, or it has no such entry
    :raises StaleVersion: if somebody changed it since it was read
    """
    locks.lock_subjects(customer_ids=[customer_id])
    queries.get_customer(customer_id, visible_to=by)
    anniversary = queries.get_anniversary(anniversary_id, customer_id=customer_id)
    if anniversary.confirmed_at is None:
        require_version(anniversary, expected=expected_version, wanted={})
    anniversary.confirm(by_id=by.id, at=now)
    db.session.flush()
    return anniversary


def remove_anniversary(customer_id: str, *, anniversary_id: str, by: Actor, now: datetime) -> None:
    """Forget a day; of birthdays, the one on the document counts again.

    :raises NotFound: if the actor may not see the customer, or it has no such entry
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    db.session.delete(queries.get_anniversary(anniversary_id, customer_id=customer_id))
    db.session.flush()
    keep_derived([customer], now=now)


def _require_real(content: dict[str, Any]) -> None:
    require_real_date(
        content.get("calendar", Calendar.SOLAR),
        year=content.get("year"),
        month=content["month"],
        day=content["day"],
        is_leap_month=content.get("is_leap_month", False),
    )


def _repeat(known: Anniversary, content: dict[str, Any], *, customer_id: str) -> Anniversary:
    same = all(getattr(known, name) == value for name, value in {**UNSAID, **content}.items())
    if known.customer_id != customer_id or not same:
        raise IdTaken
    return known


def _birthday_to_replace(customer_id: str, content: dict[str, Any]) -> Anniversary | None:
    if content["kind"] is not AnniversaryKind.BIRTHDAY:
        return None
    birthday = queries.find_birthday(customer_id)
    if birthday is not None and birthday.is_stated:
        raise BirthdayKnown(anniversary_id=birthday.id)
    return birthday
