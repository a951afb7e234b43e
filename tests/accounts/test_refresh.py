import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import RefreshToken
from crm_api.kit.db import db
from tests.accounts.calls import is_let_in, refresh_by, sign_in_by

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def signed_in(client, login, at):
    at(MONDAY)
    return sign_in_by(client, login).json


def test_a_refresh_token_gives_the_next_one(client, signed_in):
    reply = refresh_by(client, signed_in["refresh_token"])

    assert reply.status_code == 201
    assert reply.json["refresh_token"] != signed_in["refresh_token"]
    assert reply.json["session_id"] == signed_in["session_id"]
    assert is_let_in(client, reply.json["access_token"])


def test_a_token_used_twice_ends_the_session_for_both(client, signed_in, acts):
    stolen = signed_in["refresh_token"]
    fresh = refresh_by(client, stolen).json

    reply = refresh_by(client, stolen)

    assert reply.status_code == 401
    assert reply.json["code"] == "refresh_token_misused"
    assert refresh_by(client, fresh["refresh_token"]).json["code"] == "refresh_refused"
    assert not is_let_in(client, fresh["access_token"])
    assert not is_let_in(client, signed_in["access_token"])
    (told,) = acts("refresh_token_misused")
    assert told.details["because"] == "token_reused"


def test_a_token_from_another_device_ends_the_session(client, signed_in, acts):
    reply = refresh_by(client, signed_in["refresh_token"], device_id="thief")

    assert reply.json["code"] == "refresh_token_misused"
    assert not is_let_in(client, signed_in["access_token"])
    assert acts("refresh_token_misused")[0].details["because"] == "other_device"


def test_a_device_that_lost_the_answer_gets_the_same_token_again(client, signed_in, at):
    first = refresh_by(client, signed_in["refresh_token"], attempt="a1").json

    at(MONDAY + timedelta(minutes=2))
    again = refresh_by(client, signed_in["refresh_token"], attempt="a1")

    assert again.status_code == 201
    assert again.json["refresh_token"] == first["refresh_token"]
    assert is_let_in(client, again.json["access_token"])


@pytest.mark.parametrize(
    ("attempt", "later"),
    [("another", timedelta(0)), (None, timedelta(0)), ("a1", timedelta(minutes=2, seconds=1))],
)
def test_a_repeat_that_does_not_know_the_attempt_or_comes_late_is_a_theft(
    client, signed_in, at, attempt, later
):
    refresh_by(client, signed_in["refresh_token"], attempt="a1")

    at(MONDAY + later)
    again = refresh_by(
        client, signed_in["refresh_token"], **({"attempt": attempt} if attempt else {})
    )

    assert again.json["code"] == "refresh_token_misused"


def test_a_repeat_after_the_next_token_was_used_is_a_theft(client, signed_in):
    first = refresh_by(client, signed_in["refresh_token"], attempt="a1").json
    refresh_by(client, first["refresh_token"], attempt="a2")

    again = refresh_by(client, signed_in["refresh_token"], attempt="a1")

    assert again.json["code"] == "refresh_token_misused"


def test_a_session_that_rested_too_long_has_ended(client, signed_in, at):
    at(MONDAY + timedelta(days=30))

    assert refresh_by(client, signed_in["refresh_token"]).json["code"] == "refresh_refused"


def test_an_unknown_token_is_refused(client):
    assert refresh_by(client, "made-up").json["code"] == "refresh_refused"


def at_once(app, times, call):
    """Make the same call from several threads, each with a client and a connection of its own."""
    replies, start = [], threading.Barrier(times)

    def run():
        start.wait()
        replies.append(call(app.test_client()))

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def test_of_several_refreshes_at_once_one_wins_and_the_session_ends(app, client, signed_in):
    replies = at_once(app, 4, lambda caller: refresh_by(caller, signed_in["refresh_token"]))

    assert sorted(r.status_code for r in replies) == [201, 401, 401, 401]
    winner = next(r for r in replies if r.status_code == 201)
    assert not is_let_in(client, winner.json["access_token"])
    assert refresh_by(client, winner.json["refresh_token"]).status_code == 401


def test_repeats_at_once_all_get_the_same_token(app, signed_in):
    token = signed_in["refresh_token"]
    replies = at_once(app, 4, lambda caller: refresh_by(caller, token, attempt="a1"))

    assert [r.status_code for r in replies] == [201] * 4
    assert len({r.json["refresh_token"] for r in replies}) == 1


def test_only_digests_are_stored(client, signed_in):
    stored = db.session.scalars(sa.select(RefreshToken.digest)).all()
    db.session.rollback()

    assert signed_in["refresh_token"] not in stored
    assert all(len(digest) == 64 for digest in stored)
