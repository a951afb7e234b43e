"""What a gateway is given, and what it is not."""

from datetime import datetime, timedelta

import orjson
import psycopg
import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.care.gateway import service
from crm_api.care.gateway.schemas import HandSchema
from crm_api.care.gateway.values import Wish
from crm_api.care.terms import MessageState
from crm_api.customers.terms import Category
from crm_api.kit.db import db
from crm_api.kit.json import OPTIONS
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    MORNING,
    later,
    make_message,
    make_messages,
    stored,
)
from tests.support import databases


def test_a_lease_says_all_that_a_gateway_needs(gateway):
    message = make_message()

    [leased] = gateway.lease(seconds=60)

    assert leased == {
        "id": message.id,
        "lease": {
            "token": leased["lease"]["token"],
            "epoch": 1,
            "expires_at": "2026-03-02T02:01:00Z",
            "seconds_left": 60,
        },
        "to": message.number,
        "text": message.text,
        "sender": "10086",
        "encoding": "ucs2",
        "segments": 1,
        "priority": 5,
        "send_before": "2026-03-02T12:00:00Z",
        "validity_seconds": 36_000,
        "attempt": 1,
        "reference": f"{message.id}-1",
    }


def test_the_hot_path_gives_the_schemas_own_bytes(gateway, now):
    make_messages(2)
    wish = Wish(most=10, lease_seconds=60, worker="w")

    with transaction():
        hand = service.lease_messages(wish, gateway_id=gateway.id, now=now)

    assert orjson.dumps(hand.document, option=OPTIONS) == orjson.dumps(HandSchema().dump(hand))


def test_what_goes_first(gateway):
    last = make_message(priority=6)
    second = make_message(priority=5, due_at=later(minutes=-1))
    first = make_message(priority=5, due_at=later(minutes=-2))

    assert [m["id"] for m in gateway.lease()] == [first.id, second.id, last.id]


def test_postgresql_expects_the_queue_of_one_sender_to_be_ready(gateway):
    """Where it expects nothing, it reads and sorts the whole queue for each lease."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite goes along the index without asking how many there are")
    make_messages(12)
    with transaction():
        db.session.execute(sa.text("ANALYZE care_messages"))

    def explain(connection, _cursor, text, values, _context, _many):
        if text.startswith("SELECT care_messages.id, care_messages.lease_epoch"):
            driver = psycopg.RawCursor(connection.connection.driver_connection)
            [[[plan]]] = driver.execute(f"EXPLAIN (FORMAT JSON) {text}", values).fetchall()
            expected.append(plan["Plan"]["Plan Rows"])

    expected = []
    sa.event.listen(db.engine, "before_cursor_execute", explain)
    try:
        gateway.lease(most=100)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", explain)

    assert expected
    assert expected[0] > 6


def test_nobody_gets_what_another_holds(gateway, other_gateway):
    make_messages(3)

    mine, theirs = gateway.lease(2), other_gateway.lease()

    assert (len(mine), len(theirs)) == (2, 1)
    assert gateway.lease() == []


def test_the_token_is_kept_as_a_digest_only(gateway):
    make_message()
    [leased] = gateway.lease()

    with db.engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT lease_token_hash FROM care_messages")).scalar()
    assert kept
    assert leased["lease"]["token"] not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"due_at": later(minutes=1)},
        {"send_before": later(seconds=119)},
        {"send_before": later(hours=-1), "due_at": later(hours=-2)},
        {"idle_leases": 10},
        {"state": MessageState.SUBMITTING},
    ],
    ids=["not due yet", "too late to arrive", "expired", "poison", "in flight"],
)
def test_what_is_not_handed_out(gateway, at, changes):
    at(later(hours=-2))
    make_message(**changes)
    at(MORNING)

    assert gateway.lease() == []


def test_what_has_just_enough_time_is(gateway):
    make_message(send_before=later(seconds=120))

    [leased] = gateway.lease(seconds=600)
    assert leased["validity_seconds"] == 120
    assert leased["lease"]["expires_at"] == leased["send_before"]


def test_quiet_hours_come_before_a_later_last_moment(gateway, at):
    make_message(send_before=later(days=2))

    at(later(hours=9, minutes=55))  # 19:55; the care window closes at 20:00
    [leased] = gateway.lease(seconds=600)

    assert leased["send_before"] == "2026-03-02T12:00:00Z"
    assert leased["lease"]["expires_at"] == "2026-03-02T12:00:00Z"


@pytest.mark.parametrize("minutes", [598.5, 600, 900])
def test_nothing_leaves_in_quiet_hours_or_just_before(gateway, at, minutes):
    make_message(send_before=later(days=2))

    at(later(minutes=minutes))

    assert gateway.lease() == []


def test_before_nine_nothing_leaves(gateway, at):
    make_message(due_at=later(hours=-1), send_before=later(days=2))

    at(later(hours=-1, seconds=-1))
    assert gateway.lease() == []
    at(later(hours=-1))
    assert len(gateway.lease()) == 1


def test_marketing_rests_on_a_solemn_day(gateway, at):
    qingming = datetime.fromisoformat("2026-04-05T10:00:00+08:00")
    make_message(category=Category.CARE, send_before=later(days=60))

    at(qingming)
    solemn = gateway.lease()
    at(qingming + timedelta(days=1))

    assert (len(solemn), len(gateway.lease())) == (0, 1)


def test_a_lapsed_lease_goes_to_anybody(gateway, other_gateway, at):
    make_message()
    [mine] = gateway.lease(seconds=30)

    at(later(seconds=29))
    assert other_gateway.lease() == []
    at(later(seconds=30))
    [theirs] = other_gateway.lease()

    assert theirs["id"] == mine["id"]
    assert theirs["lease"]["epoch"] == 2
    assert theirs["lease"]["token"] != mine["lease"]["token"]
    assert gateway.begin(mine) == ["lease_lost"]
    assert other_gateway.begin(theirs) == ["submitting"]


def test_what_ten_workers_leave_unbegun_is_poison(gateway, at):
    message = make_message()
    for n in range(10):
        at(later(minutes=n))
        assert len(gateway.lease(seconds=60)) == 1

    at(later(minutes=11))
    assert gateway.lease() == []
    assert stored(message).idle_leases == 10


def test_the_bucket_slows_a_gateway_down(database_url, gateway, other_gateway, at):
    config.configure(databases.settings_for(database_url, gateway_messages_per_second=2))
    make_messages(6)

    first = gateway.pull()
    assert len(first["leased"]) == 4  # two seconds' worth
    assert gateway.lease() == []
    assert 0 < first["next_poll_ms"] <= 2_000
    assert len(other_gateway.lease(1)) == 1  # each has its own
    at(later(seconds=1))
    assert len(gateway.lease()) == 1


def test_each_sender_has_a_bucket_of_its_own(database_url, gateway, at):
    """One number that is spent holds up nobody else's messages, however urgent its own are."""
    config.configure(databases.settings_for(database_url, gateway_messages_per_second=2))
    make_messages(6, sender="10001", priority=4)
    make_messages(3, sender="10002")

    first, second = gateway.pull(5), gateway.pull(5)

    assert [m["sender"] for m in first["leased"]] == ["10001"] * 4
    assert [m["sender"] for m in second["leased"]] == ["10002"] * 3
    assert 0 < second["next_poll_ms"] <= 2_000
    at(later(seconds=1))
    assert [m["sender"] for m in gateway.lease(5)] == ["10001"] * 2


def test_what_is_taken_little_by_little_empties_the_buckets_too(database_url, gateway):
    config.configure(databases.settings_for(database_url, gateway_messages_per_second=2))
    for _ in range(6):
        make_message(sender="10001")
        make_message(sender="10002")

    leased = [m["sender"] for _ in range(6) for m in gateway.lease(2)]

    assert sorted(leased) == ["10001"] * 4 + ["10002"] * 4


def test_a_spent_bucket_wakes_no_waiting_worker(database_url, gateway, now):
    config.configure(databases.settings_for(database_url, gateway_messages_per_second=1))
    make_messages(3)
    gateway.lease()

    with transaction(read_only=True):
        assert not service.is_anything_ready(gateway_id=gateway.id, now=now)


def test_it_says_when_to_ask_again(gateway):
    make_messages(3)

    assert gateway.pull(2)["next_poll_ms"] == 0
    assert gateway.pull(2)["next_poll_ms"] > 0


@pytest.mark.parametrize(
    "body",
    [
        {"max": 0, "lease_seconds": 60},
        {"max": 101, "lease_seconds": 60},
        {"max": 1, "lease_seconds": 601},
        {"max": 1, "lease_seconds": 0},
        {"max": 1, "lease_seconds": 60, "wait_seconds": 11},
        {"max": 1, "lease_seconds": 60, "wait_seconds": -1},
        {"max": "1", "lease_seconds": 60},
        {"max": True, "lease_seconds": 60},
        {"max": 1},
        {"max": 1, "lease_seconds": 60, "worker": "x" * 65},
        {"max": 1, "lease_seconds": 60, "sender": "10086"},
        [],
        None,
    ],
)
def test_a_hostile_wish_is_refused(gateway, body):
    reply = gateway.post("/v1/gateway/leases", json=body)

    assert reply.status_code in (400, 415, 422)
    assert reply.content_type == "application/problem+json"
