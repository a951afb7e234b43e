"""Joining days, what happens once, and rises of tier: on which day each is due."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from crm_api.calendars.terms import Calendar
from crm_api.care.queries.celebrants import people_of
from crm_api.care.service.causes import causes_of
from crm_api.care.terms import Occasion
from crm_api.customers import service as customers
from crm_api.customers.models import Anniversary, LifeEvent
from crm_api.customers.policies.grief import is_grief
from crm_api.customers.terms import AnniversaryKind, Kind, LifeEventKind, Tier
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from tests.customers.test_grief import CELEBRATED, MOURNED, SUFFERED
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 5, 20)
NOON = datetime(2026, 5, 20, 4, tzinfo=UTC)


def due(day, occasion, *, now=EARLY):
    """Return who is due on a day, with what stops them."""
    return [
        (person.customer_id, person.obstacle)
        for cause in causes_of(day, now=now)
        if cause.occasion is occasion
        for person in db.session.execute(people_of(cause))
    ]


def keep(record):
    with transaction():
        db.session.add(record)
    return record


# --- so many years with the operator ---


def test_the_day_of_joining_comes_round_but_not_in_its_own_year(app):
    customer = make_customer(joined_on=DAY)

    assert due(DAY, Occasion.JOINING) == []
    assert due(DAY.replace(year=2027), Occasion.JOINING) == [(customer.id, "")]
    assert due(DAY.replace(year=2027) - timedelta(days=1), Occasion.JOINING) == []


@pytest.mark.parametrize(("year", "kept"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
def test_who_joined_on_29_february_is_greeted_on_the_last_of_the_month(app, year, kept):
    make_customer(joined_on=date(2024, 2, 29))

    days = [date(year, 2, 27) + timedelta(days=n) for n in range(4)]
    assert [day for day in days if due(day, Occasion.JOINING)] == [kept]


def test_a_day_that_the_profile_keeps_for_joining_comes_first(app):
    customer = make_customer(joined_on=date(2020, 5, 20))
    keep(
        Anniversary(
            customer_id=customer.id,
            created_at=EARLY,
            kind=AnniversaryKind.JOINING,
            calendar=Calendar.SOLAR,
            month=6,
            day=1,
        )
    )

    assert due(DAY, Occasion.JOINING) == []
    assert due(date(2026, 6, 1), Occasion.ANNIVERSARY) == [(customer.id, "")]


def remember(label, *, kind=AnniversaryKind.OTHER, of=Kind.INDIVIDUAL):
    customer = make_customer(kind=of)
    when = {"calendar": Calendar.SOLAR, "month": DAY.month, "day": DAY.day}
    day = {"customer_id": customer.id, "kind": kind, "label": label, **when}
    keep(Anniversary(created_at=EARLY, **day))
    return customer.id


@pytest.mark.parametrize(
    ("label", "obstacle"), [("母亲忌日", "grief"), ("父亲去世三周年", "grief"), ("相识纪念日", "")]
)
def test_nobody_is_congratulated_on_a_day_of_grief(app, label, obstacle):
    customer_id = remember(label)

    assert due(DAY, Occasion.ANNIVERSARY) == [(customer_id, obstacle)]


def test_the_database_judges_a_label_as_the_policy_does(app):
    labels = [*MOURNED, *SUFFERED, *CELEBRATED]
    expected = {remember(label): "grief" if is_grief(label) else "" for label in labels}

    assert dict(due(DAY, Occasion.ANNIVERSARY)) == expected


def test_a_business_may_be_called_after_what_it_treats(app):
    founding, clinic = AnniversaryKind.FOUNDING, "疾病预防控制中心成立日"
    clean = {remember(clinic, kind=founding), remember(clinic, of=Kind.GROUP)}
    sad = {remember("董事长逝世周年", kind=founding), remember(clinic)}

    assert dict(due(DAY, Occasion.ANNIVERSARY)) == dict.fromkeys(clean, "") | dict.fromkeys(
        sad, "grief"
    )


def test_a_systems_default_is_no_day_of_joining(app):
    customer = make_customer(joined_on=date(1970, 1, 1))

    assert due(date(2026, 1, 1), Occasion.JOINING) == [(customer.id, "suspicious_date")]


# --- what happens once ---


def note(*, happened_on, noted_on, kind=LifeEventKind.PROMOTION, **changes):
    row = {"id": new_id(), "created_at": EARLY, "customer_id": make_customer().id, **changes}
    return keep(LifeEvent(kind=kind, happened_on=happened_on, noted_on=noted_on, **row))


def days_due(occasion=Occasion.PROMOTION, *, now=EARLY):
    """Return the days around which something is due, counted from `DAY`."""
    return [n for n in range(-1, 4) if due(DAY + timedelta(days=n), occasion, now=now)]


def is_due_today(day):
    early = datetime.combine(day, time(6), tzinfo=UTC) - timedelta(hours=8)
    return bool(due(day, Occasion.PROMOTION, now=early))


def test_what_is_known_ahead_is_greeted_on_its_day(app):
    note(happened_on=DAY, noted_on=DAY - timedelta(days=9))

    assert days_due() == [0]
    assert days_due(now=NOON + timedelta(days=1)) == [0]  # its day, never a later one


@pytest.mark.parametrize("days_before", [0, 1, 6])
def test_what_happened_already_is_greeted_the_day_after_we_learn_of_it(app, days_before):
    note(happened_on=DAY - timedelta(days=days_before), noted_on=DAY)

    assert days_due() == [1]


def test_who_had_no_moment_on_that_day_asks_again_while_the_news_are_fresh(app):
    happened_on = DAY - timedelta(days=1)
    note(happened_on=happened_on, noted_on=DAY)

    assert [n for n in range(9) if is_due_today(DAY + timedelta(days=n))] == [1, 2, 3, 4, 5, 6]


def test_old_news_are_not_greeted(app):
    note(happened_on=DAY - timedelta(days=8), noted_on=DAY)

    assert [n for n in range(9) if is_due_today(DAY + timedelta(days=n))] == []


def test_a_promotion_is_an_occasion_of_its_own(app):
    note(kind=LifeEventKind.NEW_HOME, happened_on=DAY, noted_on=DAY - timedelta(days=2))

    assert days_due() == []
    assert days_due(Occasion.LIFE_EVENT) == [0]


def test_who_wants_no_word_about_it_gets_none(app):
    event = note(happened_on=DAY, noted_on=DAY - timedelta(days=2), is_greeted=False)

    assert due(DAY, Occasion.PROMOTION) == [(event.customer_id, "not_greeted")]


def test_what_is_no_joy_is_not_called_one(app):
    event = note(
        happened_on=DAY,
        noted_on=DAY - timedelta(days=2),
        kind=LifeEventKind.OTHER,
        label="丈夫住院",
    )

    assert due(DAY, Occasion.LIFE_EVENT) == [(event.customer_id, "grief")]


def test_a_clinic_that_opens_is_a_joy_to_its_owner(app):
    event = note(
        happened_on=DAY,
        noted_on=DAY - timedelta(days=2),
        kind=LifeEventKind.NEW_BUSINESS,
        label="光明眼科手术中心开业",
    )

    assert due(DAY, Occasion.LIFE_EVENT) == [(event.customer_id, "")]


# --- a rise of tier ---


def set_tiers(*tiers, customer=None, days_apart=0):
    """Set a customer's tier at noon of `DAY`, or of days on from it."""
    staff = make_staff()
    customer = customer or make_customer(staff)
    for n, tier in enumerate(tiers):
        now = NOON + timedelta(days=n * days_apart, seconds=n)
        with transaction():
            customers.set_tier(customer.id, tier=tier, reason="bills", by=staff, now=now)
    return customer


def test_a_rise_is_greeted_the_day_after(app):
    customer = set_tiers(Tier.GOLD)

    assert due(DAY + timedelta(days=1), Occasion.TIER_CHANGE) == [(customer.id, "")]
    assert days_due(Occasion.TIER_CHANGE) == [1]


@pytest.mark.parametrize(
    "tiers",
    [
        (Tier.GOLD, Tier.STANDARD),  # undone
        (Tier.GOLD, Tier.SILVER),  # partly: silver was no rise
        (Tier.QUASI_HIGH_END,),  # watched, not congratulated
    ],
)
def test_what_is_no_rise_in_the_end_is_not_greeted(app, tiers):
    set_tiers(*tiers)

    assert days_due(Occasion.TIER_CHANGE) == []


def test_of_two_rises_the_last_is_greeted_once(app):
    customer = set_tiers(Tier.SILVER, Tier.GOLD)

    assert due(DAY + timedelta(days=1), Occasion.TIER_CHANGE) == [(customer.id, "")]


def test_a_tier_that_one_had_within_the_year_is_no_news(app):
    set_tiers(Tier.GOLD, Tier.SILVER, Tier.GOLD, days_apart=30)

    assert due(DAY + timedelta(days=61), Occasion.TIER_CHANGE) == []
