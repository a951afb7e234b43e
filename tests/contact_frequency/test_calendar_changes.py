"""A day that becomes solemn, or stops being so, is known to every process that decides at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crm_api.calendars import service as calendars
from crm_api.calendars.policies.festivals import FestivalRule
from crm_api.calendars.terms import DateRule, Tone
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.customers.terms import Category, Channel
from tests.factories.contact_frequency import in_transaction, make_plan

DAY = timedelta(days=1)
# 10 March 2026 by the sun; by the moon it is the 22nd of the first month.
TENTH = date(2026, 3, 10)


def grief(key="day_of_grief", *, month=3, day=10, **changes):
    facts = {"rule": DateRule.SOLAR, "term": None, "tone": Tone.SOLEMN, "rank": 1, **changes}
    return FestivalRule(key=key, name="哀悼日", name_en="Grief", month=month, day=day, **facts)


def keep(*festivals):
    in_transaction(calendars.keep_festivals, festivals)


@pytest.fixture
def solemn(customer, now):
    """Which of the days ahead are closed to marketing."""

    def solemn_days():
        plan = {"channel": Channel.EMAIL, "category": Category.MARKETING}
        days = {(now + n * DAY).date(): now + n * DAY for n in range(25)}
        plans = {day: make_plan(customer, at, **plan) for day, at in days.items()}
        decisions = {day: contact_frequency.preflight(plan, now=now) for day, plan in plans.items()}
        return {day for day, decided in decisions.items() if not decided.is_allowed}

    return solemn_days


def test_a_festival_by_the_sun_that_goes_by_the_moon_is_on_its_other_day(solemn):
    keep(grief(month=2, day=1))
    assert solemn() == set()

    keep(grief(month=2, day=1, rule=DateRule.LUNAR))

    assert solemn() == {date(2026, 3, 19)}


def test_one_that_is_bound_to_a_term_is_on_its_day(solemn):
    keep(grief(month=None, day=None, rule=DateRule.SOLAR_TERM, term="清明"))
    assert solemn() == set()

    keep(grief(month=None, day=None, rule=DateRule.SOLAR_TERM, term="春分"))

    assert solemn() == {date(2026, 3, 20)}


def test_two_that_move_against_each_other_are_on_their_other_days(solemn):
    keep(grief(), grief("other", day=20))
    assert solemn() == {TENTH, date(2026, 3, 20)}

    keep(grief(day=12), grief("other", day=18))

    assert solemn() == {date(2026, 3, 12), date(2026, 3, 18)}


def test_workdays_are_asked_for_where_one_policy_of_many_names_them(customer, now):
    """A make-up Saturday is worked, and the Monday that it makes up for is not."""
    [hours] = [rule for rule in DEFAULT_RULES if rule.key == "service_hours"]
    own = replace(hours, key="workdays", workdays_only=True)
    why = {"effective_from": None, "reason": "agreed", "by_id": "boss", "now": now}
    in_transaction(contact_frequency.create_policy, own, **why)

    def worked():
        days = [now + n * DAY for n in range(3, 8)]  # from Friday to Tuesday
        plans = [make_plan(customer, day, channel=Channel.EMAIL) for day in days]
        return [contact_frequency.preflight(plan, now=now).is_allowed for plan in plans]

    assert worked() == [True, False, False, True, True]
    makes_up = [
        {"on": date(2026, 3, 7), "is_workday": True, "name": "补班"},
        {"on": date(2026, 3, 9), "is_workday": False, "name": "调休"},
    ]
    notice = {"source": "国务院", "days": makes_up, "by_id": None, "now": now}
    in_transaction(calendars.set_arrangement, 2026, **notice)

    assert worked() == [True, True, False, False, True]
