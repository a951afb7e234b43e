"""The lunar cases of the acceptance, from the profile to the message that goes out."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from crm_api.calendars.models import Festival
from crm_api.calendars.terms import Calendar, DateRule, Tone
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState, Occasion
from crm_api.customers import service as customers
from crm_api.customers.terms import AnniversaryKind
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEARS_EVE = date(2027, 2, 5)  # lunar 12/29 of 2026: that month has no 30th
BOTH = "【演示通信】{salutation}，{festival}又逢生日，双喜临门！拒收请回复R"


@pytest.fixture
def born(app):
    """Make a customer born on a date, and a birthday template or two."""
    keep_default_policies(datetime(2020, 1, 1, tzinfo=SHANGHAI))
    staff = make_staff()
    make_template()
    make_template()

    def keep(month, day, *, calendar=Calendar.LUNAR, **more):
        customer = make_customer(staff)
        content = {"kind": AnniversaryKind.BIRTHDAY, "month": month, "day": day, **more}
        with transaction():
            customers.add_anniversary(
                customer.id,
                content={"calendar": calendar, **content},
                by=staff,
                now=datetime.now(SHANGHAI),
            )
        return customer

    return keep


@pytest.fixture
def plan(app, at):
    def run(first, *, days=6):
        at(datetime.combine(first, time(6), tzinfo=SHANGHAI))
        args = ["care", "plan", "--days", str(days)]
        result = app.test_cli_runner().invoke(args=args, catch_exceptions=False)
        assert result.exit_code == 0
        db.session.rollback()

    return run


def queued():
    """Return the day, occurrence and text of each message that would go out."""
    statement = sa.select(CareMessage).where(CareMessage.state == MessageState.QUEUED)
    found = db.session.scalars(statement.order_by(CareMessage.on_day)).all()
    return [(m.on_day, ":".join(m.occurrence.split(":")[:-1]), m.text) for m in found]


def greeted_on(plan, *firsts):
    """Plan from each of these days on, and return the days with their occurrences."""
    for first in firsts:
        plan(first)
    return [(on, occurrence) for on, occurrence, _ in queued()]


def test_born_on_the_30th_hears_once_on_new_years_eve(born, plan):
    make_template(Occasion.FESTIVAL, "new_years_eve")
    make_template(also_occasion=Occasion.FESTIVAL, also_festival_key="new_years_eve", text=BOTH)
    born(12, 30)

    plan(NEW_YEARS_EVE - timedelta(days=2))

    [(on, occurrence, text)] = queued()
    assert (on, occurrence) == (NEW_YEARS_EVE, "birthday:2026")
    assert "除夕又逢生日" in text


def test_without_a_text_for_both_the_birthday_goes_before_new_years_eve(born, plan):
    make_template(Occasion.FESTIVAL, "new_years_eve")
    born(12, 30)

    plan(NEW_YEARS_EVE - timedelta(days=2))

    assert [(on, occurrence) for on, occurrence, _ in queued()] == [
        (NEW_YEARS_EVE, "birthday:2026")
    ]


def test_the_first_of_lunar_december_has_one_message_for_each_lunar_year(born, plan):
    """Solar 2027 sees two of these birthdays, 2028 none; each lunar year has one."""
    born(12, 1)

    found = greeted_on(plan, date(2027, 1, 5), date(2027, 12, 26), date(2028, 12, 13))

    assert found == [(date(2027, 1, 8), "birthday:2026"), (date(2027, 12, 28), "birthday:2027")]


@pytest.mark.parametrize("is_leap_month", [True, False])
def test_born_in_the_sixth_month_leap_or_not_hears_once_in_the_regular_one(
    born, plan, is_leap_month
):
    born(6, 10, is_leap_month=is_leap_month)

    found = greeted_on(plan, date(2025, 7, 1), date(2025, 7, 31))  # 2025 has both

    assert found == [(date(2025, 7, 4), "birthday:2025")]


def test_born_on_29_february_hears_on_the_last_of_the_month(born, plan):
    born(2, 29, calendar=Calendar.SOLAR, year=1984)

    found = greeted_on(plan, date(2027, 2, 26), date(2028, 2, 26))

    assert found == [(date(2027, 2, 28), "birthday:2027"), (date(2028, 2, 29), "birthday:2028")]


@pytest.mark.parametrize(
    ("calendar", "on"), [(Calendar.SOLAR, date(2026, 8, 15)), (Calendar.LUNAR, date(2026, 9, 25))]
)
def test_a_date_without_its_year_is_kept_like_any_other(born, plan, calendar, on):
    born(8, 15, calendar=calendar)

    assert greeted_on(plan, on - timedelta(days=3)) == [(on, "birthday:2026")]


@pytest.fixture
def laba(born):
    """Keep the eighth of the twelfth month: solar 2022 sees it twice, 2023 never."""
    with transaction():
        dated = {"rule": DateRule.LUNAR, "month": 12, "day": 8}
        named = {"key": "laba", "name": "腊八节", "name_en": "Laba"}
        db.session.add(Festival(**named, **dated, tone=Tone.GENTLE, rank=20))
    for _ in range(3):  # nothing is said again within three occasions
        make_template(Occasion.FESTIVAL, "laba")
    make_customer()


@pytest.mark.usefixtures("laba")
def test_a_lunar_festival_that_falls_twice_in_a_solar_year_is_greeted_twice(plan):
    falls = [date(2022, 1, 10), date(2022, 12, 30), date(2024, 1, 18)]

    found = greeted_on(plan, *(on - timedelta(days=2) for on in (*falls, falls[-1])))

    years = (f"festival:laba:{year}" for year in (2022, 2023, 2024))
    assert found == list(zip(falls, years, strict=True))


def test_new_years_eve_keeps_the_year_in_which_it_falls(born, plan):
    """Whoever has this year's already under that key is not greeted again."""
    make_template(Occasion.FESTIVAL, "new_years_eve")
    make_customer()

    found = greeted_on(plan, NEW_YEARS_EVE - timedelta(days=2))

    assert found == [(NEW_YEARS_EVE, "festival:new_years_eve:2027")]
