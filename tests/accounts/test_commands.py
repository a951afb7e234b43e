from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts import queries
from crm_api.accounts.tokens import digest_of
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.accounts.calls import bearer, refresh_by, sign_in_by


@pytest.fixture
def flask(app):
    def run(*arguments, **kwargs):
        result = app.test_cli_runner().invoke(args=["accounts", *arguments], **kwargs)
        db.session.rollback()
        return result

    return run


def create_admin(flask, *more, **kwargs):
    return flask("create-admin", "--login", "Root.Admin", "--name", "Root", *more, **kwargs)


def test_the_first_administrator_signs_in_with_the_generated_password(flask, client):
    said = create_admin(flask, "--generate").output

    password = said.split()[-1]
    signed_in = sign_in_by(client, "root.admin", password=password)
    assert signed_in.status_code == 201
    me = client.get("/v1/me", headers=bearer(signed_in.json["access_token"])).json
    assert me["role"] == "admin"


def test_a_password_is_asked_for_twice_and_never_shown(flask, client):
    said = create_admin(flask, input="a long sentence\na long sentence\n")

    assert said.exit_code == 0
    assert "a long sentence" not in said.output
    assert sign_in_by(client, "root.admin", password="a long sentence").status_code == 201


def test_a_weak_password_or_a_taken_login_is_refused(flask):
    weak = create_admin(flask, input="1234567890\n1234567890\n")
    create_admin(flask, "--generate")
    taken = create_admin(flask, "--generate")

    assert (weak.exit_code, taken.exit_code) == (1, 1)
    assert "first that anybody would try" in weak.output
    assert "belongs to somebody else" in taken.output


def test_a_machine_client_is_made_with_its_key(flask):
    said = flask("create-client", "--name", "SMS east", "--scope", "gateway").output

    found = queries.find_client(digest=digest_of(said.split()[-1]), at=clock.now())
    db.session.rollback()
    assert found.name == "SMS east"
    assert flask("create-client", "--name", "SMS east", "--scope", "gateway").exit_code == 1


def test_old_sessions_and_faded_failures_are_forgotten(flask, client, login, at):
    start = at(datetime(2026, 3, 2, 1, tzinfo=UTC))
    signed_in = sign_in_by(client, login).json
    sign_in_by(client, login, password="wrong")

    at(start + timedelta(days=2))
    assert "Forgot 1 " in flask("purge").output
    assert refresh_by(client, signed_in["refresh_token"]).status_code == 201
    at(start + timedelta(days=200))
    assert "Forgot 1 " in flask("purge").output
