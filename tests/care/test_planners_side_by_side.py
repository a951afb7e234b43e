"""Two planners at once, as two schedulers would start them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.app import create_app
from crm_api.calendars import service as calendars
from crm_api.care.models import CareMessage, PlanRun
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import COUNTING_STATES
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.customers import make_customer
from tests.support import databases
from tests.support.server import flask

PEOPLE = 60


@pytest.fixture
def other_app(own_database_url):
    """The application on the database of the planners."""
    app = create_app(databases.settings_for(own_database_url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def ordinary_day():
    """Return a day within reach on which people are greeted."""
    today = calendars.local_day(clock.now())
    days = [today + timedelta(days=n) for n in range(1, 8)]
    return next(day for day in days if not calendars.is_solemn(day))


def people_due():
    """Have people whose birthday is on a day, and return it."""
    with transaction():
        contact_frequency.ensure_default_policies(now=clock.now() - timedelta(days=400))
    make_template()
    day, owner = ordinary_day(), make_staff()
    for _ in range(PEOPLE):
        make_customer(owner, birth_on=day.replace(year=1984))
    db.session.rollback()
    return day


def test_two_processes_at_once_plan_nothing_twice(other_app, own_database_url):
    day = people_due()

    def plan(_):
        return flask(own_database_url, "care", "plan", "--on", day.isoformat())

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(plan, range(2)))

    assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]
    lines = [run.stdout.splitlines()[-1] for run in runs]
    assert_all_planned_once(lines)


def test_processes_of_one_command_share_the_people(other_app, own_database_url):
    day = people_due()

    run = flask(own_database_url, "care", "plan", "--on", day.isoformat(), "--processes", "3")

    assert run.returncode == 0, run.stderr
    assert_all_planned_once(run.stdout.splitlines()[-1:])
    noted = db.session.scalars(sa.select(PlanRun)).one()
    assert (noted.planned, noted.ended_at is None) == (PEOPLE, False)


def assert_all_planned_once(lines):
    assert sum(int(line.split(" planned")[0].split()[-1]) for line in lines) == PEOPLE, lines
    messages = db.session.scalars(sa.select(CareMessage)).all()
    assert len(messages) == len({m.occurrence for m in messages}) == PEOPLE
    counting = sa.select(Slot).where(Slot.state.in_(COUNTING_STATES))
    assert {s.id for s in db.session.scalars(counting)} == {m.slot_id for m in messages}
