from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts.policies import FREE_FAILURES, locked_until
from tests.accounts.calls import sign_in_by

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


def fail(client, login, times):
    return [sign_in_by(client, login, password="wrong").status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(4, None), (5, 30), (6, 60), (7, 120), (10, 900), (400, 900)]
)
def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(failures, seconds):
    until = locked_until(failures, at=MONDAY)

    assert until == (None if seconds is None else MONDAY + timedelta(seconds=seconds))


def test_a_locked_login_refuses_even_the_right_password(client, login, at):
    at(MONDAY)
    assert fail(client, login, FREE_FAILURES + 1) == [401] * (FREE_FAILURES + 1)

    reply = sign_in_by(client, login)

    assert reply.status_code == 403
    assert reply.json["code"] == "sign_in_locked"
    assert reply.headers["Retry-After"] == "30"


def test_it_opens_again_after_the_wait_and_forgets(client, login, at):
    at(MONDAY)
    fail(client, login, FREE_FAILURES + 1)

    at(MONDAY + timedelta(seconds=30))
    assert sign_in_by(client, login).status_code == 201
    assert fail(client, login, FREE_FAILURES) == [401] * FREE_FAILURES
    assert sign_in_by(client, login).status_code == 201


def test_an_unknown_login_locks_as_a_known_one_does(client, at):
    at(MONDAY)
    fail(client, "nobody", FREE_FAILURES + 1)

    assert sign_in_by(client, "NOBODY").json["code"] == "sign_in_locked"


def test_failures_fade_after_a_day(client, login, at):
    at(MONDAY)
    fail(client, login, FREE_FAILURES)

    at(MONDAY + timedelta(days=1, seconds=1))
    assert fail(client, login, FREE_FAILURES) == [401] * FREE_FAILURES
