"""Which greetings a customer wants, and what becomes of those that were planned."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.calendars.terms import Calendar
from crm_api.care import queries, service
from crm_api.care.models import CareMessage
from crm_api.care.queries.celebrants import people_of
from crm_api.care.service.causes import causes_of
from crm_api.care.service.planning import plan_people
from crm_api.care.terms import BirthdayCalendar, MessageState, Occasion
from crm_api.care.wishes.policies import wished_birthday
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers import service as customers
from crm_api.customers.terms import AnniversaryKind, LifeEventKind, RelationKind, Tier
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)
ONE_DAY_LATER = {"birth_on": date(1980, 5, 21)}
BIRTHDAY = date(2026, 5, 20)  # the 4th day of the 4th lunar month


@pytest.fixture
def staff(app, at):
    at(NOW)
    keep_default_policies(NOW - timedelta(days=30))
    return make_staff()


@pytest.fixture
def customer(staff):
    return make_customer(staff, birth_on=date(1980, 5, 20))


@pytest.fixture
def caller(sign_in, staff):
    return sign_in(staff)


def path_of(customer):
    return f"/v1/customers/{customer.id}/greeting-preferences"


def wish(caller, customer, *, version=0, **content):
    content = {"occasions": [], **content}
    headers = {"If-Match": f'"{version}"'}
    return caller.put(path_of(customer), json=content, headers=headers)


def due(day, occasion=Occasion.BIRTHDAY):
    return {
        person.customer_id: person.obstacle
        for cause in causes_of(day, now=NOW)
        if cause.occasion is occasion
        for person in db.session.execute(people_of(cause))
    }


def plan(day=BIRTHDAY):
    """Plan a day, and return the messages that may still go."""
    for cause in causes_of(day, now=NOW):
        with transaction():
            people = queries.open_people(cause, after=None, limit=100)
            plan_people(people, cause, now=NOW)
    return waiting()


def waiting():
    db.session.expire_all()
    found = db.session.query(CareMessage).filter_by(state=MessageState.QUEUED)
    return found.order_by(CareMessage.occurrence).all()


# --- the wish itself ---


def test_until_somebody_asks_everything_is_wanted(caller, customer):
    reply = caller.get(path_of(customer))

    assert reply.json["version"] == 0
    assert reply.json["occasions"] == [str(occasion) for occasion in Occasion]
    assert reply.json["birthday_calendar"] == "as_stated"


def test_a_wish_is_kept_with_its_version(caller, customer):
    first = wish(caller, customer, occasions=["festival", "birthday"])
    again = wish(caller, customer, occasions=["birthday", "festival"])
    stale = wish(caller, customer, occasions=[])

    assert first.headers["ETag"] == '"1"'
    assert first.json["occasions"] == ["birthday", "festival"]
    assert again.json == first.json == caller.get(path_of(customer)).json
    assert (stale.status_code, stale.json["current_version"]) == (412, 1)
    assert wish(caller, customer, version=1).json["version"] == 2


@pytest.mark.parametrize("content", [{}, {"occasions": ["easter"]}, {"occasions": None}])
def test_what_is_no_wish_is_refused(caller, customer, content):
    reply = caller.put(path_of(customer), json=content, headers={"If-Match": '"0"'})

    assert reply.status_code == 422


def test_the_planner_honours_it(caller, customer):
    wish(caller, customer, occasions=["festival"])

    assert due(BIRTHDAY) == {customer.id: "not_wanted"}
    assert due(date(2026, 6, 19), Occasion.FESTIVAL) == {customer.id: ""}


def test_of_customers_who_are_one_person_the_strictest_wish_holds(caller, customer, staff):
    other = make_customer(staff, birth_on=date(1980, 5, 20))
    boss = make_staff(Role.ADMIN)
    with transaction():
        customers.link_customers(
            customer.id,
            content={"kind": RelationKind.SAME_PERSON, "other_id": other.id},
            by=boss,
            now=NOW,
        )

    wish(caller, other)

    assert due(BIRTHDAY) == {customer.id: "not_wanted", other.id: "not_wanted"}


def test_the_preview_and_the_rehearsal_say_so(caller, customer):
    make_template()
    wish(caller, customer)

    preview = caller.get(f"/v1/care-plans/{BIRTHDAY}").json
    [birthdays] = [o for o in preview["occasions"] if o["occasion"] == "birthday"]
    causes = [c for c in causes_of(BIRTHDAY, now=NOW) if c.occasion is Occasion.BIRTHDAY]
    tallies = [service.count_cause(cause) for cause in causes]

    assert birthdays["reasons"] == [{"name": "not_wanted", "count": 1}]
    assert sum(tally.blocked["not_wanted"] for tally in tallies) == 1
    assert sum(tally.open for tally in tallies) == 0


# --- by which calendar a birthday is greeted ---

SOLAR = {"calendar": Calendar.SOLAR, "year": 1980, "month": 5, "day": 20, "is_leap_month": False}
LUNAR = {"calendar": Calendar.LUNAR, "year": 1980, "month": 4, "day": 7, "is_leap_month": False}
LEAP = {"calendar": Calendar.LUNAR, "year": 2025, "month": 6, "day": 1, "is_leap_month": True}
BORN = date(1980, 5, 20)


@pytest.mark.parametrize(
    ("by", "stated", "birth_on", "expected"),
    [
        ("as_stated", SOLAR, BORN, None),
        ("solar", SOLAR, BORN, None),
        ("lunar", SOLAR, BORN, ("lunar", 4, 7)),
        ("lunar", {**SOLAR, "year": None}, BORN, None),  # nobody knows the moon of no year
        ("lunar", {**SOLAR, "year": 1900, "month": 1, "day": 1}, BORN, None),
        ("solar", LUNAR, None, ("solar", 5, 20)),
        ("solar", {**LUNAR, "year": None}, BORN, ("solar", 5, 20)),
        ("solar", {**LUNAR, "year": None}, None, None),
        ("solar", LEAP, None, ("solar", 7, 25)),
        ("lunar", LUNAR, BORN, None),
        ("lunar", None, None, None),
    ],
)
def test_the_other_date_is_known_where_it_can_be(by, stated, birth_on, expected):
    assert wished_birthday(BirthdayCalendar(by), stated, birth_on=birth_on) == expected


def test_a_birthday_is_greeted_by_the_calendar_that_is_wished(caller, customer):
    by_moon = date(2026, 5, 23)  # the 7th of the 4th month
    wish(caller, customer, occasions=["birthday"], birthday_calendar="lunar")

    assert due(BIRTHDAY) == {}
    assert due(by_moon) == {customer.id: ""}

    wish(caller, customer, version=1, occasions=["birthday"])
    assert (due(BIRTHDAY), due(by_moon)) == ({customer.id: ""}, {})


def test_the_wish_follows_the_date(caller, customer, staff):
    wish(caller, customer, occasions=["birthday"], birthday_calendar="lunar")

    with transaction():
        customers.change_customer(
            customer.id,
            changes=ONE_DAY_LATER,
            expected_version=1,
            by=staff,
            now=NOW,
        )

    assert due(date(2026, 5, 24)) == {customer.id: ""}
    assert caller.get(path_of(customer)).headers["ETag"] == '"1"'


# --- what was planned ---


def test_a_wish_for_none_withdraws_what_is_queued(caller, customer):
    make_template()
    [message] = plan()

    wish(caller, customer)

    assert waiting() == []
    withdrawn = db.session.get(CareMessage, message.id)
    assert (withdrawn.state, withdrawn.reason) == (MessageState.SUPPRESSED, "not_wanted")
    assert db.session.get(Slot, message.slot_id).state is SlotState.RELEASED
    assert plan() == []


def test_wanted_again_it_is_planned_again(caller, customer):
    make_template()
    plan()
    wish(caller, customer)

    wish(caller, customer, version=1, occasions=["birthday"])

    [message] = plan()
    assert message.occurrence == f"birthday:2026:{customer.id}"


def test_a_wish_about_something_else_withdraws_nothing(caller, customer):
    make_template()
    planned = plan()

    wish(caller, customer, occasions=["birthday"])

    assert [m.id for m in waiting()] == [m.id for m in planned]


def test_another_calendar_moves_what_is_planned(caller, customer):
    make_template()
    plan()

    wish(caller, customer, occasions=["birthday"], birthday_calendar="lunar")

    assert waiting() == []
    [message] = plan(date(2026, 5, 23))
    assert message.on_day == date(2026, 5, 23)


def test_a_corrected_date_moves_it_too(customer, staff):
    make_template()
    plan()

    with transaction():
        customers.change_customer(
            customer.id,
            changes=ONE_DAY_LATER,
            expected_version=1,
            by=staff,
            now=NOW,
        )

    assert waiting() == []
    [message] = plan(date(2026, 5, 21))
    assert message.occurrence == f"birthday:2026:{customer.id}"


def test_an_anniversary_that_is_forgotten_is_not_greeted(customer, staff):
    make_template(Occasion.ANNIVERSARY)
    wedding = {"kind": AnniversaryKind.WEDDING, "month": 5, "day": 20}
    with transaction():
        day = customers.add_anniversary(customer.id, content=wedding, by=staff, now=NOW)
    assert len(plan()) == 1

    with transaction():
        customers.remove_anniversary(customer.id, anniversary_id=day.id, by=staff, now=NOW)

    assert waiting() == []


def test_a_rise_that_is_undone_is_not_greeted(customer, staff):
    make_template(Occasion.TIER_CHANGE)
    with transaction():
        customers.set_tier(customer.id, tier=Tier.GOLD, reason="bills", by=staff, now=NOW)
    [message] = plan(date(2026, 5, 2))
    assert "金级" in message.text

    with transaction():
        customers.set_tier(customer.id, tier=Tier.VIP, reason="a slip", by=staff, now=NOW)

    assert waiting() == []


def test_an_event_is_greeted_once_and_not_if_it_is_taken_back(customer, staff):
    make_template(Occasion.LIFE_EVENT)
    content = {"kind": LifeEventKind.NEW_HOME, "happened_on": date(2026, 4, 30)}
    with transaction():
        event = customers.note_life_event(customer.id, content=content, by=staff, now=NOW)
    [message] = plan(date(2026, 5, 2))
    assert "乔迁之喜" in message.text
    assert len(plan(date(2026, 5, 3))) == 1

    with transaction():
        customers.remove_life_event(customer.id, event_id=event.id, by=staff)

    assert waiting() == []


def test_years_with_us_are_counted(staff):
    make_template(Occasion.JOINING)
    make_customer(staff, joined_on=date(2016, 5, 20))

    [message] = plan()

    assert "入网10周年" in message.text
