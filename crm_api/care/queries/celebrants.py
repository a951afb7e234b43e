"""Who has something to celebrate: a select for each kind of cause, each with a key to page by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api import config
from crm_api.calendars import service as calendars
from crm_api.care.doubts.queries import IS_DOUBTFUL
from crm_api.care.models import CareMessage, GreetingPreferences
from crm_api.care.policies.birthdays import PLACEHOLDER_DATES
from crm_api.care.policies.naming import TIER_NAMES
from crm_api.care.policies.timing import EventDays, event_days, joining_days
from crm_api.care.terms import Occasion
from crm_api.customers.models import Anniversary, Customer, CustomerChange, LifeEvent
from crm_api.customers.policies import grief
from crm_api.customers.terms import AnniversaryKind, Kind, LifeEventKind, Status, Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.care.values import Cause

NOTHING: Final = ""
SUSPICIOUS: Final = "suspicious_date"
PERSON = sa.func.coalesce(Customer.person_id, Customer.id)
GONE = [
    (Customer.status == Status.DECEASED, sa.literal("deceased")),
    (Customer.status == Status.CLOSED, sa.literal("account_closed")),
]
GRIEF = sa.literal("grief")
NO_PHONE = (Customer.phone.is_(None), sa.literal("no_phone"))
OF_TIER = sa.text("customer_changes.aspect = 'tier'")
OLD_NEWS: Final = timedelta(days=365)  # who had a tier within the year is not congratulated again
# Made once: an alias of a wide table costs more to make than the statement that uses it.
THEIRS, ALIKE = aliased(GreetingPreferences), aliased(Customer)
ANOTHER, SAID = aliased(CustomerChange), aliased(CareMessage)
TIER_ORDER = {str(tier): place for place, tier in enumerate(Tier)}


def people_of(cause: Cause) -> sa.Select[Any]:
    """Return all for whom a day is a cause, with the first of what stands in the way of each."""
    return SELECTS[cause.occasion](cause)


def _celebrating(cause: Cause) -> sa.Select[Any]:
    """Everybody keeps a festival."""
    return _greeted(
        cause,
        key=Customer.id,
        occurrence=sa.literal(f"festival:{cause.festival_key}:{cause.label_year}:") + PERSON,
    )


def _born(cause: Cause) -> sa.Select[Any]:
    """Those whose birthday it is, by the calendar that they keep or wish it in.

    One birthday a year, whichever calendar that is.
    """
    people = _greeted(
        cause,
        key=Anniversary.id,
        occurrence=sa.literal(f"birthday:{cause.label_year}:") + PERSON,
        kind=Anniversary.kind,
        obstacles=(NOT_GREETED, IN_DOUBT),
    ).join(Anniversary, Anniversary.customer_id == Customer.id)
    is_then = _falls_by_wish(cause) if cause.is_by_wish else _falls(cause)
    return people.where(Anniversary.kind == AnniversaryKind.BIRTHDAY, is_then)


def _falls(cause: Cause) -> sa.ColumnElement[bool]:
    assert cause.date is not None  # noqa: S101 - for the type checker
    return sa.and_(_is_on(cause.date), GreetingPreferences.birthday_on_calendar.is_(None))


def _falls_by_wish(cause: Cause) -> sa.ColumnElement[bool]:
    assert cause.date is not None  # noqa: S101 - for the type checker
    return sa.and_(
        GreetingPreferences.birthday_on_calendar == cause.date.calendar,
        GreetingPreferences.birthday_month == cause.date.month,
        GreetingPreferences.birthday_day == cause.date.day,
    )


def _remembering(cause: Cause) -> sa.Select[Any]:
    """Those whose profile holds the date as some other day than a birthday."""
    assert cause.date is not None  # noqa: S101 - for the type checker
    when = f":{cause.date.calendar}-{cause.date.month}-{cause.date.day}:{cause.label_year}:"
    kind = sa.type_coerce(Anniversary.kind, sa.Text)
    return (
        _greeted(
            cause,
            key=Anniversary.id,
            occurrence=sa.literal("anniversary:") + kind + when + PERSON,
            label=Anniversary.label,
            kind=Anniversary.kind,
            obstacles=(NOT_GREETED, (in_grief(Anniversary), GRIEF), IN_DOUBT),
        )
        .join(Anniversary, Anniversary.customer_id == Customer.id)
        .where(_is_on(cause.date), Anniversary.kind != AnniversaryKind.BIRTHDAY)
    )


def _is_on(yearly: Any) -> sa.ColumnElement[bool]:
    return sa.and_(
        Anniversary.calendar == yearly.calendar,
        Anniversary.month == yearly.month,
        Anniversary.day == yearly.day,
    )


def _joined(cause: Cause) -> sa.Select[Any]:
    """Those who joined on this day of an earlier year, unless the profile keeps a day for it."""
    kept = sa.select(Anniversary.id).where(
        Anniversary.customer_id == Customer.id, Anniversary.kind == AnniversaryKind.JOINING
    )
    is_placeholder = Customer.joined_on.in_(sorted(date(*ymd) for ymd in PLACEHOLDER_DATES))
    return (
        _greeted(
            cause,
            key=Customer.id,
            occurrence=sa.literal(f"joining:{cause.label_year}:") + PERSON,
            obstacles=((is_placeholder, sa.literal(SUSPICIOUS)),),
        )
        .add_columns(Customer.joined_on)
        .where(Customer.joined_on.in_(joining_days(cause.on)), sa.not_(kept.exists()))
    )


def _with_news(cause: Cause) -> sa.Select[Any]:
    """Those to whom something happened: on its day if we knew before, else soon after we do."""
    days = _event_days(cause)
    is_promotion = LifeEvent.kind == LifeEventKind.PROMOTION
    is_of_kind = is_promotion if cause.occasion is Occasion.PROMOTION else sa.not_(is_promotion)
    not_greeted = (LifeEvent.is_greeted.is_(False), sa.literal("not_greeted"))
    occurrence = sa.literal(f"{cause.occasion}:") + LifeEvent.id + ":" + PERSON
    is_known_late = sa.and_(
        LifeEvent.happened_on <= LifeEvent.noted_on, LifeEvent.noted_on >= days.noted_from
    )
    return (
        _greeted(
            cause,
            key=LifeEvent.id,
            occurrence=occurrence,
            label=LifeEvent.label,
            kind=LifeEvent.kind,
            obstacles=(not_greeted, (in_grief(LifeEvent), GRIEF)),
        )
        .join(LifeEvent, LifeEvent.customer_id == Customer.id)
        .where(
            LifeEvent.happened_on.between(days.oldest, cause.on),
            LifeEvent.noted_on < cause.on,
            sa.or_(LifeEvent.happened_on == cause.on, is_known_late),
            is_of_kind,
            _not_on_another_day(occurrence, cause.on),
        )
    )


def _risen(cause: Cause) -> sa.Select[Any]:
    """Those whose tier rose lately, and stands where it rose to."""
    days = _event_days(cause)
    start = calendars.day_bounds(max(days.oldest, days.noted_from))[0]
    occurrence = sa.literal(f"{Occasion.TIER_CHANGE}:") + CustomerChange.id + ":" + PERSON
    after = CustomerChange.after["tier"].as_string()
    return (
        _greeted(cause, key=CustomerChange.id, occurrence=occurrence)
        .join(CustomerChange, CustomerChange.customer_id == Customer.id)
        .where(
            OF_TIER,
            CustomerChange.changed_at >= start,
            CustomerChange.changed_at < calendars.day_bounds(cause.on)[0],
            after.in_([str(tier) for tier in TIER_NAMES]),
            after == sa.type_coerce(Customer.tier, sa.Text),
            _place(CustomerChange.before) < _place(CustomerChange.after),
            sa.not_(_changed_since()),
            sa.not_(_had_it_before(start - OLD_NEWS)),
            _not_on_another_day(occurrence, cause.on),
        )
    )


def _event_days(cause: Cause) -> EventDays:
    fresh = config.current().event_fresh_days
    return event_days(cause.on, since=cause.since, fresh_days=fresh)


def _place(tier: Any) -> sa.ColumnElement[int]:
    return sa.case(TIER_ORDER, value=tier["tier"].as_string(), else_=len(TIER_ORDER))


def _changed_since() -> sa.Exists:
    return sa.exists().where(
        ANOTHER.customer_id == CustomerChange.customer_id,
        ANOTHER.aspect == CustomerChange.aspect,
        ANOTHER.changed_at > CustomerChange.changed_at,
    )


def _had_it_before(start: Any) -> sa.Exists:
    return sa.exists().where(
        ANOTHER.customer_id == CustomerChange.customer_id,
        ANOTHER.aspect == CustomerChange.aspect,
        ANOTHER.changed_at < CustomerChange.changed_at,
        ANOTHER.changed_at >= start,
        ANOTHER.before.is_not(None),
        _place(ANOTHER.before) >= _place(CustomerChange.after),
    )


def _not_on_another_day(occurrence: sa.ColumnElement[str], day: date) -> sa.ColumnElement[bool]:
    """Leave out what has its message on another of the days on which it may be said."""
    return sa.not_(sa.exists().where(SAID.occurrence == occurrence, SAID.on_day != day))


def _greeted(
    cause: Cause,
    *,
    key: Any,
    occurrence: sa.ColumnElement[str],
    label: Any = None,
    kind: Any = None,
    obstacles: tuple[Any, ...] = (),
) -> sa.Select[Any]:
    stands = [*GONE, _not_wanted(cause.occasion), *obstacles, NO_PHONE]
    return (
        sa.select(
            key.label("key"),
            *_person_columns(),
            (sa.literal(NOTHING) if label is None else label).label("label"),
            (sa.literal(NOTHING) if kind is None else sa.type_coerce(kind, sa.Text)).label("kind"),
            occurrence.label("occurrence"),
            sa.case(*stands, else_=NOTHING).label("obstacle"),
        )
        .select_from(Customer)
        .outerjoin(GreetingPreferences, GreetingPreferences.id == Customer.id)
    )


def in_grief(day: type[Anniversary | LifeEvent]) -> sa.ColumnElement[bool]:
    """Of what was kept as a day to greet on, some is none: a label says that somebody died."""
    kind = sa.type_coerce(day.kind, sa.Text)
    is_of_business = sa.or_(Customer.kind == Kind.GROUP, kind.in_(sorted(grief.BUSINESS_DAYS)))
    return sa.or_(
        day.label.regexp_match(grief.DEATH),
        sa.and_(sa.not_(is_of_business), day.label.regexp_match(grief.GRIEF)),
    )


def _person_columns() -> tuple[Any, ...]:
    return (
        Customer.id.label("customer_id"),
        Customer.name.label("name"),
        Customer.gender.label("gender"),
        Customer.phone.label("number"),
        Customer.tier.label("tier"),
        Customer.person_id.label("person_id"),
    )


def _not_wanted(occasion: Occasion) -> tuple[Any, Any]:
    """Of customers who are one person, the strictest wish holds."""
    another_said_so = sa.exists().where(
        ALIKE.person_id == Customer.person_id,
        THEIRS.id == ALIKE.id,
        _says_no(THEIRS, occasion),
    )
    is_linked = Customer.person_id.is_not(None)
    says_no = _says_no(GreetingPreferences, occasion)
    return sa.or_(says_no, sa.and_(is_linked, another_said_so)), sa.literal("not_wanted")


def _says_no(preferences: Any, occasion: Occasion) -> sa.ColumnElement[bool]:
    wish: sa.ColumnElement[bool] = getattr(preferences, f"wants_{occasion}").is_(False)
    return wish


NOT_GREETED = (Anniversary.is_greeted.is_(False), sa.literal("not_greeted"))
IN_DOUBT = (IS_DOUBTFUL, sa.literal(SUSPICIOUS))
SELECTS: Final[dict[Occasion, Callable[[Cause], sa.Select[Any]]]] = {
    Occasion.BIRTHDAY: _born,
    Occasion.ANNIVERSARY: _remembering,
    Occasion.JOINING: _joined,
    Occasion.FESTIVAL: _celebrating,
    Occasion.PROMOTION: _with_news,
    Occasion.LIFE_EVENT: _with_news,
    Occasion.TIER_CHANGE: _risen,
}
