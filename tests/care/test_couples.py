"""Two people on one phone: one greeting for what they keep together, one for each birthday."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.calendars import service as calendars
from crm_api.calendars.policies.festivals import FestivalRule
from crm_api.calendars.terms import DateRule, Tone
from crm_api.care.policies.saying import said_once
from crm_api.care.terms import Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import FrequencyPolicy, Slot
from crm_api.contact_frequency.models.slots import TAKEN
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care.test_plan import DAY, EVE, run  # noqa: F401 - `run` is a fixture
from tests.factories.care import make_template
from tests.factories.customers import make_customer
from tests.support import databases
from tests.support.server import flask

CAPS = ("gap_24_hours", "care_day", "total_7_days")


def retire_caps(now):
    """Take away what else would keep a number from a second greeting."""
    for rule in DEFAULT_RULES:
        if rule.key in CAPS:
            wanted = sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == rule.key)
            with transaction():
                contact_frequency.add_version(
                    db.session.scalar(wanted),
                    rule,
                    effective_from=None,
                    is_retired=True,
                    reason="to see what is left",
                    by_id="x",
                    now=now,
                )


def couple(**changes):
    one = make_customer(**changes)
    return one, make_customer(phone=one.phone, **changes)


def slots_on(number):
    db.session.rollback()
    return db.session.scalars(sa.select(Slot).where(TAKEN, Slot.endpoint == number)).all()


def test_planned_in_one_chunk_a_couple_has_one_festival_greeting(run):  # noqa: F811
    retire_caps(EVE)
    make_template(Occasion.FESTIVAL, "mid_autumn")
    one, _other = couple()

    line = run()

    assert " 1 planned" in line
    assert "occurrence_taken" in line
    [slot] = slots_on(one.phone)
    assert slot.said_once == "festival:mid_autumn:2026"
    assert " 0 planned" in run()


def test_each_of_a_couple_has_a_birthday(run):  # noqa: F811
    retire_caps(EVE)
    make_template(Occasion.BIRTHDAY)
    one = make_customer(birth_on=date(1980, 9, 25))
    make_customer(phone=one.phone, birth_on=date(1982, 9, 26))

    run(on=DAY)
    run(on=DAY + timedelta(days=1))

    assert [slot.said_once for slot in slots_on(one.phone)] == [None, None]


@pytest.mark.parametrize(
    ("occurrence", "said"),
    [
        ("festival:mid_autumn:2026:c1", "festival:mid_autumn:2026"),
        ("anniversary:wedding:solar-5-20:2026:c1", "anniversary:wedding:solar-5-20:2026"),
        ("anniversary:joining:solar-5-20:2026:c1", None),
        ("birthday:2026:c1", None),
    ],
)
def test_what_a_couple_keeps_together_is_said_once(occurrence, said):
    assert said_once(occurrence) == said


@pytest.fixture
def other_app(own_database_url):
    app = create_app(databases.settings_for(own_database_url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.heavy
def test_two_planners_at_once_greet_no_number_twice(other_app, own_database_url):
    now = clock.now()
    day = calendars.local_day(now) + timedelta(days=3)
    festival = FestivalRule(
        key="day_of_couples",
        name="双人节",
        name_en="Day of couples",
        rule=DateRule.SOLAR,
        month=day.month,
        day=day.day,
        term=None,
        tone=Tone.JOYFUL,
        rank=1,
    )
    with transaction():
        contact_frequency.ensure_default_policies(now=now - timedelta(days=400))
        calendars.keep_festivals([festival])
    retire_caps(now)
    make_template(Occasion.FESTIVAL, "day_of_couples")
    numbers = [couple()[0].phone for _ in range(20)]
    db.session.rollback()

    def plan(_):
        return flask(own_database_url, "care", "plan", "--on", day.isoformat())

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(plan, range(2)))

    assert [done.returncode for done in runs] == [0, 0], [done.stderr for done in runs]
    assert [len(slots_on(number)) for number in numbers] == [1] * 20
