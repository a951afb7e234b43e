"""Several selects as one statement, typed as if each had been sent alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
import sqlalchemy as sa

from crm_api.customers.models import Customer, DoNotDisturbWish
from crm_api.customers.terms import Tier
from crm_api.kit.bundles import Bundle, among
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.customers import make_customer

CUSTOMERS, WISHES = Customer.__table__.c, DoNotDisturbWish.__table__.c
NOW = datetime(2026, 3, 3, 2, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def bundle():
    return Bundle(
        customers=sa.select(
            CUSTOMERS.id, CUSTOMERS.tier, CUSTOMERS.birth_on, CUSTOMERS.has_guardian_consent
        ).where(among(CUSTOMERS.id, "customer_ids")),
        wishes=sa.select(
            WISHES.channels, WISHES.categories, WISHES.quiet_from, WISHES.ends_on, WISHES.created_at
        ).where(among(WISHES.customer_id, "customer_ids")),
        vip=sa.select(sa.func.count()).where(sa.type_coerce(CUSTOMERS.tier, sa.Text()) == "vip"),
    )


@pytest.fixture
def customer(app):
    customer = make_customer(tier=Tier.VIP, birth_on=date(1980, 2, 29))
    with transaction():
        wish = {
            "channels": ["sms", "call"],
            "quiet_from": time(22, 30),
            "ends_on": date(2030, 1, 1),
        }
        db.session.add(DoNotDisturbWish(customer_id=customer.id, created_at=NOW, **wish))
    return customer


def test_rows_come_typed_and_in_one_statement(bundle, customer, count_statements):
    with count_statements() as sent:
        rows = bundle.read(customer_ids=[customer.id, "nobody"])

    assert sent.count == 1
    assert rows == {
        "customers": [[customer.id, Tier.VIP, date(1980, 2, 29), False]],
        "wishes": [[["sms", "call"], None, time(22, 30), date(2030, 1, 1), NOW]],
        "vip": [[1]],
    }
    assert type(rows["customers"][0][1]) is Tier


@pytest.mark.parametrize("ids", [[], [""], ['"', "\\", "'", "\x1f", "客户"]])
def test_ids_are_data_whatever_they_hold(bundle, customer, ids):
    assert bundle.read(customer_ids=ids)["customers"] == []


def test_what_the_session_holds_is_written_first(bundle, customer):
    with transaction():
        db.session.get(Customer, customer.id).tier = Tier.GOLD
        [[_id, tier, *_rest]] = bundle.read(customer_ids=[customer.id])["customers"]

    assert tier is Tier.GOLD


def test_ids_are_looked_up_in_their_index_on_sqlite(bundle, customer, backend):
    if backend != "sqlite":
        pytest.skip("its plan is read by EXPLAIN QUERY PLAN")

    def plan_of(connection, _cursor, text, values, _context, _many):
        driver = connection.connection.driver_connection
        plans.extend(row[-1] for row in driver.execute(f"EXPLAIN QUERY PLAN {text}", values))

    plans = []
    sa.event.listen(db.engine, "before_cursor_execute", plan_of)
    try:
        bundle.read(customer_ids=[customer.id])
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", plan_of)

    assert any(step.startswith("SEARCH customers USING INDEX") for step in plans), plans
