"""Who is due on which day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.calendars.terms import Calendar
from crm_api.care import queries
from crm_api.care.errors import PlanOutOfReach
from crm_api.care.service.causes import causes_between, causes_of
from crm_api.care.terms import Occasion
from crm_api.customers.models import Anniversary
from crm_api.customers.terms import AnniversaryKind, Status
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.care import make_template
from tests.factories.customers import make_customer

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def remember(customer, *, month, day, calendar=Calendar.LUNAR, **changes):
    """Keep a date, in the place of the birthday that follows from the profile."""
    row = {
        "id": new_id(),
        "created_at": NOW,
        "customer_id": customer.id,
        "kind": AnniversaryKind.BIRTHDAY,
        "calendar": calendar,
        "month": month,
        "day": day,
        **changes,
    }
    with transaction():
        db.session.add(Anniversary(**row))
    return row["id"]


def due(day, occasion=Occasion.BIRTHDAY):
    """Return the occurrences of a day that nothing stops."""
    return sorted(
        person.occurrence
        for cause in causes_of(day, now=NOW)
        if cause.occasion is occasion
        for person in queries.open_people(cause, after=None, limit=100)
    )


def february_days(year):
    """Return the days around the end of February that are a birthday."""
    days = (date(year, 2, 26) + timedelta(days=n) for n in range(5))
    return [day for day in days if due(day)]


@pytest.fixture
def customer(app):
    return make_customer()


LUNAR_DAYS = [
    # lunar date, the days on which it is kept, and days that a naive rule would take
    ((1, 1, False), [date(2026, 2, 17)], [date(2026, 1, 1)]),
    ((8, 15, False), [date(2026, 9, 25), date(2027, 9, 15)], [date(2026, 8, 15)]),
    ((12, 1, False), [date(2027, 1, 8), date(2027, 12, 28)], [date(2028, 12, 16)]),
    # the 29th is the last: no twelfth month from 2024 to 2028 has a 30th
    ((12, 30, False), [date(2025, 1, 28), date(2026, 2, 16)], [date(2026, 2, 17)]),
    ((12, 29, False), [date(2025, 1, 28), date(2026, 2, 16)], []),
    # the regular month, also in 2025, which has the leap one
    ((6, 1, True), [date(2025, 6, 25), date(2026, 7, 14)], [date(2025, 7, 25)]),
    ((6, 1, False), [date(2025, 6, 25), date(2026, 7, 14)], [date(2025, 7, 25)]),
]


@pytest.mark.parametrize(("lunar", "kept", "never"), LUNAR_DAYS)
def test_a_lunar_birthday_is_kept_by_the_moon(customer, lunar, kept, never):
    month, day, is_leap = lunar
    remember(customer, month=month, day=day, is_leap_month=is_leap)

    assert [d for d in kept if due(d)] == kept
    beside = {d + timedelta(days=n) for d in kept for n in (-1, 1)}
    assert [d for d in (*beside, *never) if due(d)] == []


def test_an_occurrence_bears_its_lunar_year(customer):
    remember(customer, month=12, day=1)

    assert due(date(2027, 1, 8)) == [f"birthday:2026:{customer.id}"]
    assert due(date(2027, 12, 28)) == [f"birthday:2027:{customer.id}"]


def test_29_february_is_kept_on_the_28th(customer):
    remember(customer, calendar=Calendar.SOLAR, month=2, day=29)

    assert february_days(2027) == [date(2027, 2, 28)]
    assert february_days(2028) == [date(2028, 2, 29)]


def test_28_february_stays_where_it_is(customer):
    remember(customer, calendar=Calendar.SOLAR, month=2, day=28)

    assert february_days(2028) == [date(2028, 2, 28)]


def test_a_birthday_of_the_profile_needs_no_further_row(app):
    customer = make_customer(birth_on=date(1980, 5, 20))

    assert due(date(2026, 5, 20)) == [f"birthday:2026:{customer.id}"]


@pytest.mark.parametrize("born", [date(1900, 1, 1), date(1970, 1, 1)])
def test_a_systems_default_date_is_no_birthday(app, born):
    make_customer(birth_on=born)

    assert due(date(2026, 1, 1)) == []
    assert obstacles(date(2026, 1, 1)) == {"suspicious_date": 1}


def test_1_january_of_another_year_is(app):
    make_customer(birth_on=date(1971, 1, 1))

    assert len(due(date(2026, 1, 1))) == 1


def obstacles(day, occasion=Occasion.BIRTHDAY):
    return {
        group.obstacle: group.count
        for cause in causes_of(day, now=NOW)
        if cause.occasion is occasion
        for group in queries.count_due(cause)
        if group.obstacle
    }


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"status": Status.DECEASED}, "deceased"),
        ({"status": Status.CLOSED}, "account_closed"),
        ({"phone": None}, "no_phone"),
        ({"status": Status.DECEASED, "phone": None}, "deceased"),
    ],
)
def test_who_is_not_greeted_and_why(app, changes, obstacle):
    make_customer(birth_on=date(1980, 5, 20), **changes)

    assert due(date(2026, 5, 20)) == []
    assert obstacles(date(2026, 5, 20)) == {obstacle: 1}


def test_who_wants_no_greeting_gets_none(customer):
    remember(customer, month=8, day=15, is_greeted=False)

    assert due(date(2026, 9, 25)) == []
    assert obstacles(date(2026, 9, 25)) == {"not_greeted": 1}


def test_other_dates_are_anniversaries(customer):
    remember(customer, kind=AnniversaryKind.WEDDING, calendar=Calendar.SOLAR, month=5, day=20)

    expected = [f"anniversary:wedding:solar-5-20:2026:{customer.id}"]
    assert due(date(2026, 5, 20), Occasion.ANNIVERSARY) == expected
    assert due(date(2026, 5, 20)) == []


def test_two_customers_that_are_one_person_share_an_occurrence(app):
    for _ in range(2):
        make_customer(birth_on=date(1980, 5, 20), person_id="p1")

    assert due(date(2026, 5, 20)) == ["birthday:2026:p1"] * 2


def test_everybody_keeps_a_festival(app):
    ids = sorted(make_customer().id for _ in range(3))

    expected = [f"festival:mid_autumn:2026:{one}" for one in ids]
    assert due(date(2026, 9, 25), Occasion.FESTIVAL) == expected


def causes(day, **changes):
    return [c for c in causes_of(day, now=changes.get("now", NOW)) if c.festival_key]


def test_nobody_is_greeted_on_a_solemn_day(app):
    make_template()

    found = causes_of(date(2026, 4, 5), now=NOW)

    assert "qingming" in {cause.festival_key for cause in found}
    assert {cause.obstacle for cause in found} == {"solemn_day"}


def test_without_words_there_is_no_greeting(app):
    assert causes(date(2026, 9, 25))[0].obstacle == "no_template"
    make_template(Occasion.FESTIVAL, "mid_autumn")
    assert causes(date(2026, 9, 25))[0].obstacle == ""


def test_a_day_that_has_passed_has_no_window(app):
    make_template(Occasion.FESTIVAL, "mid_autumn")
    evening = datetime(2026, 9, 25, 11, 31, tzinfo=UTC)

    assert causes(date(2026, 9, 25), now=evening)[0].obstacle == "window_over"


def test_new_years_eve_opens_at_ten(app):
    (eve,) = causes(date(2026, 2, 16))

    assert eve.festival_key == "new_years_eve"
    assert eve.window.opens_at == datetime(2026, 2, 16, 2, tzinfo=UTC)


def test_causes_stand_in_the_order_of_who_wins(app):
    now = datetime(2026, 2, 10, tzinfo=UTC)

    found = causes_between(date(2026, 2, 11), days=7, now=now)

    assert [c.priority for c in found] == sorted(c.priority for c in found)
    festivals = [c.festival_key for c in found if c.festival_key]
    assert festivals == ["spring_festival", "new_years_eve"]


@pytest.mark.parametrize(
    ("first", "days"), [(date(2026, 2, 9), 1), (date(2026, 3, 28), 1), (date(2026, 3, 27), 2)]
)
def test_care_is_planned_for_45_days_ahead_at_the_most(app, first, days):
    with pytest.raises(PlanOutOfReach):
        causes_between(first, days=days, now=datetime(2026, 2, 10, tzinfo=UTC))


def test_today_is_the_local_day(app):
    just_after_midnight = datetime(2026, 2, 9, 16, 30, tzinfo=UTC)

    assert causes_between(date(2026, 2, 10), days=1, now=just_after_midnight)
    with pytest.raises(PlanOutOfReach):
        causes_between(date(2026, 2, 9), days=1, now=just_after_midnight)
