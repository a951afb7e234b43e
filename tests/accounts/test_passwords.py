from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.accounts.policies import FREE_FAILURES, password_fault
from tests.accounts.calls import bearer, is_let_in, sign_in_by
from tests.factories.accounts import PASSWORD, make_staff, make_team

NEW = "an entirely new sentence"


def change(client, signed_in, current=PASSWORD, new=NEW):
    body = {"current_password": current, "new_password": new}
    return client.put("/v1/me/password", json=body, headers=bearer(signed_in["access_token"]))


def redeem(client, login, code, new=NEW):
    return client.post(
        "/v1/password-resets", json={"login": login, "code": code, "new_password": new}
    )


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "li.weili.wei",
        "li.wei2026",
        "LI.WEI!!!!!",
        "Password123",
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "abababababab",
        "woaini1314520",
    ],
)
def test_a_password_that_would_be_guessed_has_a_fault(password):
    assert password_fault(password, login="li.wei")


@pytest.mark.parametrize("password", ["correct horse", "走访走访客户要先预约", "x7!kQ2#pLm"])
def test_a_good_password_has_none(password):
    assert password_fault(password, login="li.wei") is None


def test_a_new_password_replaces_the_old_and_ends_other_sessions(client, login, acts):
    phone = sign_in_by(client, login).json
    tablet = sign_in_by(client, login, device_id="tablet").json

    assert change(client, phone).status_code == 204

    assert is_let_in(client, phone["access_token"])
    assert not is_let_in(client, tablet["access_token"])
    assert sign_in_by(client, login).status_code == 401
    assert sign_in_by(client, login, password=NEW).status_code == 201
    assert acts("password_changed")


def test_the_current_password_vouches_for_the_new_one(client, login):
    phone = sign_in_by(client, login).json

    reply = change(client, phone, current="not mine at all")

    assert reply.status_code == 403
    assert reply.json["code"] == "wrong_password"
    assert sign_in_by(client, login).status_code == 201


def test_a_stolen_token_does_not_help_to_guess_the_password(client, login):
    phone = sign_in_by(client, login).json

    for _ in range(FREE_FAILURES + 1):
        change(client, phone, current="guess")

    assert change(client, phone).json["code"] == "sign_in_locked"


def test_a_weak_password_is_refused(client, login):
    reply = change(client, sign_in_by(client, login).json, new="1234567890")

    assert reply.status_code == 422
    assert reply.json["code"] == "weak_password"


def issue(caller, person):
    return caller.post(f"/v1/staff/{person.id}/reset-codes")


def test_a_code_sets_a_new_password_once(client, person, login, as_admin, acts):
    phone = sign_in_by(client, login).json
    code = issue(as_admin, person).json["code"]

    assert redeem(client, login, code.lower()).status_code == 204

    assert not is_let_in(client, phone["access_token"])
    assert sign_in_by(client, login, password=NEW).status_code == 201
    again = redeem(client, login, code, new="yet another sentence")
    assert again.status_code == 401
    assert again.json["code"] == "reset_refused"
    assert acts("reset_code_issued")
    assert acts("password_reset")


def test_a_code_is_void_after_a_day_or_with_a_newer_one(client, person, login, as_admin, at):
    start = at(datetime(2026, 3, 2, 1, tzinfo=UTC))
    older = issue(as_admin, person).json["code"]
    newer = issue(as_admin, person).json["code"]

    assert redeem(client, login, older).status_code == 401
    at(start + timedelta(hours=24))
    assert redeem(client, login, newer).status_code == 401


def test_codes_cannot_be_guessed_at_leisure(client, person, login, sign_in, admin):
    code = issue(sign_in(admin), person).json["code"]

    for _ in range(FREE_FAILURES + 1):
        redeem(client, login, "AAAA-AAAA-AAAA-AAAA")

    assert redeem(client, login, code).json["code"] == "sign_in_locked"


def test_newcomers_set_their_first_password_with_a_code(client, sign_in, admin):
    body = {
        "login": "New.Comer",
        "name": "New",
        "role": "account_manager",
        "team_id": admin.team_id,
    }
    made = sign_in(admin).post("/v1/staff", json=body).json
    code = sign_in(admin).post(f"/v1/staff/{made['id']}/reset-codes").json["code"]

    assert redeem(client, "new.comer", code).status_code == 204
    assert sign_in_by(client, "new.comer", password=NEW).status_code == 201


def test_a_manager_helps_account_managers_of_the_subtree_only(sign_in):
    team = make_team()
    manager = sign_in(make_staff(Role.MANAGER, team))
    beneath = make_staff(team=make_team(parent=team))
    superior = make_staff(Role.ADMIN, team)

    assert issue(manager, beneath).status_code == 201
    assert issue(manager, make_staff()).status_code == 404
    reply = issue(manager, superior)
    assert reply.status_code == 403
    assert reply.json["code"] == "outranked"


def test_a_code_is_never_kept_for_a_repeat(sign_in, admin, person):
    caller = sign_in(admin)
    key = {"Idempotency-Key": "k1"}
    path = f"/v1/staff/{person.id}/reset-codes"

    first, second = (caller.post(path, headers=key).json["code"] for _ in range(2))

    assert first != second
