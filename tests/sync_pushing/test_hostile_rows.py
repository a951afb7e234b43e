"""Whatever a row holds, it is taken, or refused by itself: never a crash, never the whole push."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.sync.pushing.writers import WRITERS
from crm_api.sync.tables import TABLES
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.visits import made, planned
from tests.support import feeds
from tests.sync_pushing.phone import ms

pytestmark = pytest.mark.heavy

POISON = [
    None,
    True,
    -1,
    1e300,
    2**62,
    "",
    "\x00\x07",
    "x" * 70_000,
    "nobody-has-this-id",
    "0001-01-01",
    "2026-02-30",
    "[" * 40 + "]" * 40,
    '{"a": "\\u0000"}',
    "NaN",
]

DOSES = 5


@pytest.fixture
def rows(phone, owner, customer, moment):
    """A row of each table that would do, but for what is poisoned in it."""
    keep_default_policies(moment - timedelta(days=30))
    visit = made(phone.caller, planned(phone.caller, customer, starts_at=moment))
    feeds.follow(owner)
    whole = {
        "customer_id": customer.id,
        "visit_id": visit["id"],
        "kind": "wedding",
        "month": 5,
        "day": 20,
        "name": "示例",
        "text": "Some text.",
        "due_on": "2026-03-20",
        "occurred_at": ms(moment),
        "channel": "call",
        "direction": "outbound",
        "category": "service",
        "purpose": "information",
        "outcome": "reached",
        "place": "示范路 8 号",
        "starts_at": ms(moment + timedelta(days=9)),
        "ends_at": ms(moment + timedelta(days=9, hours=1)),
        "file_name": "shop.jpg",
        "digest": "a" * 64,
        "byte_size": 1000,
        "tools": "[]",
    }
    own = {"attachments": {"kind": "photo"}, "visit_objectives": {"outcome": None}}
    own["follow_ups"] = {"channel": None, "outcome": None}
    own["visits"] = {"purpose": "Ask about the contract."}
    return {
        name: {
            column.name: {**whole, **own.get(name, {})}[column.name]
            for column in TABLES[name].columns
            if column.name in {**whole, **own.get(name, {})}
        }
        for name in WRITERS
    }


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_poisoned_column_hurts_its_record_alone(app, phone, customer, rows, name):
    columns = [column.name for column in TABLES[name].columns]
    poisoned = [pair for n, column in enumerate(columns) for pair in doses(column, n)]
    created = [
        {**rows[name], "id": f"r-{n}", "_status": "created", "_changed": column, column: value}
        for n, (column, value) in enumerate(poisoned)
    ]
    edited = {**created[-1], "id": customer.id, "_changed": ",".join(columns)}

    for some in batched(created, 400):  # as phones send them
        reply = phone.send({name: {"created": some, "updated": [edited], "deleted": ["r-x"]}})

        assert reply.status_code == 200, reply.text
        for rejection in reply.json["rejections"]:
            assert rejection["code"], rejection
            assert rejection["message"], rejection
    feeds.assert_feeds_true(app)


def doses(column, number):
    """Give a few values to each column, other ones to the next: all to all would take minutes."""
    return [(column, POISON[(number * DOSES + n) % len(POISON)]) for n in range(DOSES)]


def batched(rows, size):
    return [rows[start : start + size] for start in range(0, len(rows), size)]
