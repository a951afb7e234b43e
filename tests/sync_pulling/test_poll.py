"""Poll: whether to pull, said once it is so, without keeping others from the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.kit import bells
from crm_api.kit.db import autocommitting, db
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support.phones import Phone


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def waiting(monkeypatch):
    """Is set once somebody waits."""
    begun, hear = threading.Event(), bells.hearing

    @contextmanager
    def noticed(name):
        with hear(name) as wait:

            def wait_noticed(seconds):
                begun.set()
                wait(seconds)

            yield wait_noticed

    monkeypatch.setattr(bells, "hearing", noticed)
    return begun


def test_it_says_whether_to_pull(owner, sign_in):
    phone = Phone(sign_in(owner))
    news = [phone.poll()]
    phone.pull()
    news.append(phone.poll())
    make_customer(owner)
    news.append(phone.poll())
    phone.pull()
    make_customer()
    news.append(phone.poll())

    assert news == [True, False, True, False]


def test_who_waits_is_woken_by_a_commit_and_holds_no_transaction(owner, sign_in, waiting, backend):
    phone = Phone(sign_in(owner))
    phone.pull()

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(phone.poll, timeout=25)
        assert waiting.wait(20)
        if backend == "postgres":
            held = sa.text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
            with autocommitting(db.engine).connect() as connection:
                assert connection.execute(held).scalar_one() == 0
        make_customer()  # of somebody else
        make_customer(owner)
        assert waits.result(timeout=20) is True


@pytest.mark.parametrize("room", [{"threads": 4}, {"threads": 32, "pool_size": 4}])
def test_a_quarter_may_wait_and_others_are_answered_at_once(owner, sign_in, waiting, room):
    config.configure(replace(config.current(), **room))
    first, second = Phone(sign_in(owner)), Phone(sign_in(owner), "phone-2")
    first.pull(), second.pull()

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(first.poll, timeout=25)
        assert waiting.wait(20)
        assert second.poll(timeout=25) is False
        assert not waits.done()
        make_customer(owner)
        assert waits.result(timeout=20) is True


def test_who_waits_in_vain_is_told_so(owner, sign_in):
    phone = Phone(sign_in(owner))
    phone.pull()

    assert phone.poll(timeout=1) is False


def test_who_waits_on_a_connection_that_is_lost_may_ask_again(owner, sign_in, waiting, backend):
    if backend != "postgres":
        pytest.skip("SQLite has no connection to lose")
    phone = Phone(sign_in(owner))
    phone.pull()
    others = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    with ThreadPoolExecutor(1) as pool:
        query = {"since": phone.cursor, "timeout": 25}
        waits = pool.submit(phone.caller.get, "/v1/sync/poll", query_string=query)
        assert waiting.wait(20)
        with autocommitting(db.engine).connect() as connection:
            connection.detach()  # it is closed here, whether the pool is given up before or after
            assert connection.execute(others).scalar_one() > 0
        reply = waits.result(timeout=20)

    assert (reply.status_code, reply.json["code"]) == (503, "busy")
    assert phone.poll(timeout=1) is False


def test_a_bell_that_cannot_be_rung_keeps_nobody_from_writing(owner, sign_in, monkeypatch):
    phone = Phone(sign_in(owner))
    phone.pull()

    def broken(_engine):
        raise sa.exc.OperationalError("NOTIFY", None, Exception("the queue is full"))

    monkeypatch.setattr(bells, "autocommitting", broken)
    make_customer(owner)
    monkeypatch.undo()

    assert phone.poll() is True
