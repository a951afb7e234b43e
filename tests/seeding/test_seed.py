"""`flask seed` brings what is missing, and a second time nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.care.models import CareMessage
from crm_api.care.terms import Occasion
from crm_api.care.wording import queries
from crm_api.care.wording.service.house import house_of_today, lint_version
from crm_api.care.wording.service.pooling import report_pools
from crm_api.care.wording.terms import Supply
from crm_api.config import Environment
from crm_api.customers.models import Place
from crm_api.kit.db import Base, db
from crm_api.kit.transactions import transaction


@pytest.fixture
def seed(app):
    def seed(*arguments):
        return app.test_cli_runner().invoke(args=["seed", *arguments])

    return seed


def _rows():
    with transaction(read_only=True):
        return {
            name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }


def test_a_second_time_changes_nothing(seed):
    first = seed("--demo")
    before = _rows()
    second = seed("--demo")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "0 policies and 0 templates are new" in second.output
    assert "0 members of staff and 0 customers are new" in second.output
    assert _rows() == before
    assert before["customers"] == 8


def test_without_demo_nobody_is_made(seed):
    assert seed().exit_code == 0

    rows = _rows()
    assert (rows["customers"], rows["staff"]) == (0, 0)
    assert rows["care_templates"] > 0


def test_reference_templates_have_no_fault_and_suffice_for_the_common_days(seed):
    seed("--demo")

    with transaction(read_only=True):
        house = house_of_today()
        findings = {
            template.name: [
                finding.code for finding in lint_version(template, version, house=house)
            ]
            for version, template in queries.approved_versions()
        }
        assert {name: codes for name, codes in findings.items() if codes} == {}
        pools = report_pools(today=date(2026, 1, 1), days=1, visible_to=None)
        supply = {pool.festival_key or pool.occasion: pool.supply for pool in pools}
        poor = {key for key, enough in supply.items() if enough is not Supply.ENOUGH}
        assert poor == {"qixi", "womens_day"}  # not everybody's days


def test_a_word_taken_off_the_list_stays_off(seed):
    seed()
    with transaction():
        db.session.execute(sa.text("DELETE FROM forbidden_words WHERE word = '万能'"))

    assert "0 forbidden words" in seed().output


def test_reference_templates_wait_for_a_second_person(seed):
    seed()

    with transaction(read_only=True):
        states = db.session.execute(
            sa.text("SELECT DISTINCT status FROM care_template_versions")
        ).scalars()
        assert set(states) == {"submitted"}


def test_production_gets_no_demo(seed):
    config.configure(replace(config.current(), environment=Environment.PRODUCTION))

    refused = seed("--demo")

    assert refused.exit_code == 1
    assert "never loaded into production" in refused.output
    assert _rows()["customers"] == 0


def test_the_demo_may_sign_in(seed, client):
    seed("--demo")

    reply = client.post(
        "/v1/sign-ins",
        json={"login": "demo-east", "password": "visit-demo-2026", "device_id": "phone"},
    )

    assert reply.status_code == 201, reply.text


def test_the_demo_customers_have_places_where_nothing_is(seed):
    seed("--demo")

    places = db.session.scalars(sa.select(Place).order_by(Place.customer_id)).all()
    assert len(places) == 5
    assert all(place.is_primary and "虚构" in place.address for place in places)


def test_the_demo_has_news_and_they_are_greeted(seed, app, at):
    at(datetime(2026, 3, 2, 2, tzinfo=UTC))
    seed("--demo")

    planned = app.test_cli_runner().invoke(args=["care", "plan", "--days", "7"])

    assert planned.exit_code == 0, planned.output
    db.session.rollback()
    news = sa.select(CareMessage.occasion, CareMessage.customer_id, CareMessage.on_day)
    news = news.where(CareMessage.occasion.in_([Occasion.LIFE_EVENT, Occasion.PROMOTION]))
    assert [tuple(row) for row in db.session.execute(news.order_by(CareMessage.on_day))] == [
        (Occasion.LIFE_EVENT, "demo-customer-3", date(2026, 3, 4)),
        (Occasion.PROMOTION, "demo-key-person-1", date(2026, 3, 6)),
    ]
