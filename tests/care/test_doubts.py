"""Dates that look like no real ones: not greeted, but listed, until somebody asked."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.care.doubts.policies import is_mass
from crm_api.care.doubts.service import check_birthdays
from crm_api.care.models import CareMessage
from crm_api.care.queries.celebrants import people_of
from crm_api.care.service.causes import causes_of
from crm_api.care.terms import Occasion
from crm_api.customers import service as customers
from crm_api.customers.models import Customer
from crm_api.customers.service.derived import add_derived
from crm_api.customers.terms import Kind
from crm_api.kit.bulk import blank_row, insert_rows
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.care import make_template
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer

NOW = datetime(2025, 12, 1, tzinfo=UTC)
NEW_YEARS_DAY = date(2026, 1, 1)
BLANK = blank_row(Customer)
PATH = "/v1/suspicious-dates"


@pytest.mark.parametrize(
    ("birthdays", "on_new_years_day", "expected"),
    [
        (0, 0, False),
        (1, 1, False),
        (30, 5, False),  # a family feast, not a system
        (30, 12, True),
        (200, 3, False),
        (200, 20, True),
        (10_000, 82, False),  # three times a day's share is still believed
        (10_000, 200, True),
        (1_000_000, 8_300, False),
        (1_000_000, 9_000, True),
    ],
)
def test_a_mass_is_what_chance_does_not_bring(birthdays, on_new_years_day, expected):
    assert is_mass(birthdays, on_new_years_day=on_new_years_day, believed=3) is expected


def test_the_more_one_believes_the_less_is_a_mass():
    assert is_mass(10_000, on_new_years_day=200, believed=3)
    assert not is_mass(10_000, on_new_years_day=200, believed=8)


def born(staff, days):
    """Add customers of a member of staff, born on these days, as an import does."""
    rows = [
        {
            **BLANK,
            "id": new_id(),
            "created_at": NOW,
            "kind": Kind.INDIVIDUAL,
            "name": "虚构",
            "phone": f"+86138{n:08d}",
            "team_id": staff.team_id,
            "owner_id": staff.id,
            "birth_on": day,
        }
        for n, day in enumerate(days)
    ]
    with transaction():
        insert_rows(Customer, rows)
        add_derived(rows, now=NOW)
    return rows


def on_new_years_day(number):
    return [date(1971 + n % 30, 1, 1) for n in range(number)]


def on_other_days(number):
    return [date(1980, 1, 2) + timedelta(days=n % 364) for n in range(number)]


def check():
    with transaction():
        return check_birthdays(now=NOW)


def due(occasion=Occasion.BIRTHDAY):
    return [
        person
        for cause in causes_of(NEW_YEARS_DAY, now=NOW)
        if cause.occasion is occasion
        for person in db.session.execute(people_of(cause))
    ]


def doubtful(occasion=Occasion.BIRTHDAY):
    return {person.customer_id for person in due(occasion) if person.obstacle == "suspicious_date"}


@pytest.fixture
def staff(app):
    return make_staff()


def test_one_teams_mass_says_nothing_of_another(staff):
    neighbour = make_staff()
    mass = born(staff, [*on_new_years_day(20), *on_other_days(80)])
    born(neighbour, [*on_new_years_day(2), *on_other_days(98)])

    assert check() == [staff.team_id]
    assert doubtful() == {row["id"] for row in mass[:20]}
    assert len(due()) == 22


def test_small_teams_show_together_what_none_shows_alone(app):
    for _ in range(5):
        born(make_staff(), [*on_new_years_day(5), *on_other_days(25)])

    assert check() == [""]
    assert len(doubtful()) == 25


def test_when_the_dates_were_mended_the_others_are_greeted(staff):
    mass = born(staff, [*on_new_years_day(20), *on_other_days(80)])
    check()
    with transaction():
        for row in mass[3:20]:
            customers.change_customer(
                row["id"],
                changes={"birth_on": date(1980, 5, 5)},
                expected_version=1,
                by=staff,
                now=NOW,
            )

    assert len(doubtful()) == 3  # until they are counted again
    assert check() == []
    assert doubtful() == set()


def test_a_team_that_is_no_more_leaves_no_count(staff):
    born(staff, on_new_years_day(20))
    assert check() == [staff.team_id]
    boss = make_staff(Role.ADMIN)
    with transaction():
        for person in due():
            customers.change_customer(
                person.customer_id, changes={"birth_on": None}, expected_version=1, by=boss, now=NOW
            )

    with transaction():
        assert check_birthdays(now=NOW + timedelta(days=1)) == []
    born(staff, on_new_years_day(1))
    assert len(due()) == 1
    assert doubtful() == set()


# --- the list, and what an account manager does about it ---


@pytest.fixture
def caller(sign_in, staff):
    return sign_in(staff)


def listed(caller, **query):
    reply = caller.get(PATH, query_string=query)
    assert reply.status_code == 200, reply.text
    return [item["customer_id"] for item in reply.json["items"]]


def test_the_list_names_what_is_doubted_and_why(caller, staff):
    placeholder = make_customer(staff, birth_on=date(1970, 1, 1))
    mass = born(staff, [*on_new_years_day(20), *on_other_days(30)])
    check()

    assert len(listed(caller)) == 21
    assert listed(caller, doubt="placeholder") == [placeholder.id]
    assert set(listed(caller, doubt="mass")) == {row["id"] for row in mass[:20]}
    assert listed(caller, customer_id=placeholder.id) == [placeholder.id]
    assert listed(caller, kind="wedding") == []
    pages = caller.get(PATH, query_string={"limit": 20}).json
    rest = caller.get(PATH, query_string={"limit": 20, "cursor": pages["next_cursor"]}).json
    assert len({item["id"] for page in (pages, rest) for item in page["items"]}) == 21


def test_each_sees_the_own_customers_only(sign_in, staff, caller):
    colleague = make_staff(team=make_team())
    theirs = make_customer(colleague, birth_on=date(1900, 1, 1))
    mine = make_customer(staff, birth_on=date(1900, 1, 1))

    assert listed(caller) == [mine.id]
    assert listed(sign_in(colleague)) == [theirs.id]
    assert listed(sign_in(make_staff(Role.AUDITOR)), owner_id=staff.id) == [mine.id]


def test_what_the_customer_stated_is_no_part_of_a_mass(caller, staff):
    mass = born(staff, on_new_years_day(20))
    check()
    said = {"kind": "birthday", "month": 1, "day": 1}

    caller.post(f"/v1/customers/{mass[0]['id']}/anniversaries", json=said)

    assert mass[0]["id"] not in doubtful()


@pytest.mark.parametrize("year", [1900, 1970])
def test_a_wedding_on_a_placeholder_is_neither_greeted_nor_forgotten(caller, staff, year):
    customer, other = make_customer(staff), make_customer(staff)
    day = {"kind": "wedding", "month": 1, "day": 1}
    for one, of_year in ((customer, year), (other, 1995)):
        content = {**day, "year": of_year}
        said = caller.post(f"/v1/customers/{one.id}/anniversaries", json=content)
        assert said.status_code == 201, said.text

    assert len(due(Occasion.ANNIVERSARY)) == 2
    assert doubtful(Occasion.ANNIVERSARY) == {customer.id}
    assert listed(caller, kind="wedding") == [customer.id]


@pytest.mark.parametrize("year", [1970, 1985])
def test_a_confirmed_date_is_greeted(caller, staff, year):
    mass = born(staff, [date(year, 1, 1), *on_new_years_day(20)])
    check()
    [item] = caller.get(PATH, query_string={"customer_id": mass[0]["id"]}).json["items"]

    one = f"/v1/customers/{item['customer_id']}/anniversaries/{item['id']}/confirmation"
    confirmed = caller.put(one, headers={"If-Match": f'"{item["version"]}"'})

    assert confirmed.status_code == 200
    assert mass[0]["id"] not in doubtful()
    assert mass[0]["id"] not in listed(caller)


def test_the_default_believes_three_times_a_days_share(app):
    assert config.current().new_year_birthdays_believed == 3


def test_the_command_counts(app):
    born(make_staff(), on_new_years_day(20))

    result = app.test_cli_runner().invoke(args=["care", "check-dates"])

    assert result.output.startswith("care check-dates: 1 masses on 1 January (")


def test_the_planner_counts_before_it_greets_on_1_january(app, at):
    at(datetime(2025, 12, 28, tzinfo=UTC))
    keep_default_policies(NOW)
    make_template()
    born(make_staff(), [*on_new_years_day(20), date(1980, 1, 2)])

    app.test_cli_runner().invoke(args=["care", "plan", "--days", "7"], catch_exceptions=False)

    with transaction(read_only=True):
        days = db.session.scalars(sa.select(CareMessage.on_day)).all()
    assert days == [date(2026, 1, 2)]
