import time

from crm_api import config
from crm_api.accounts import passwords, service
from crm_api.accounts.models import Role
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.accounts.calls import bearer, is_let_in, sign_in_by
from tests.factories.accounts import give_password, make_staff
from tests.support.databases import settings_for


def test_login_and_password_open_a_session(client, person, login, acts):
    reply = sign_in_by(client, login)

    assert reply.status_code == 201
    me = client.get("/v1/me", headers=bearer(reply.json["access_token"])).json
    assert me["id"] == person.id
    assert [a.by_id for a in acts("signed_in")] == [person.id]


def test_case_and_blanks_around_a_login_do_not_matter(client, login):
    assert sign_in_by(client, f" {login.upper()} ").status_code == 201


def test_a_wrong_password_and_an_unknown_login_look_alike(client, login, acts):
    wrong = sign_in_by(client, login, password="not the password")
    unknown = sign_in_by(client, "nobody", password="not the password")

    for reply in (wrong, unknown):
        assert reply.status_code == 401
        assert reply.json["code"] == "sign_in_failed"
    assert wrong.json["detail"] == unknown.json["detail"]
    assert {a.subject_kind for a in acts("sign_in_failed")} == {"staff", "login"}


def test_who_never_set_a_password_cannot_sign_in(client, app):
    make_staff(login="newcomer")

    assert sign_in_by(client, "newcomer", password="").status_code == 422
    assert sign_in_by(client, "newcomer", password="anything at all").status_code == 401


def test_signing_in_again_on_a_device_replaces_its_session(client, login):
    first = sign_in_by(client, login).json
    second = sign_in_by(client, login).json
    elsewhere = sign_in_by(client, login, device_id="tablet").json

    assert not is_let_in(client, first["access_token"])
    assert is_let_in(client, second["access_token"])
    assert is_let_in(client, elsewhere["access_token"])


def test_deactivated_staff_are_cut_off_at_once(client, person, login, admin):
    signed_in = sign_in_by(client, login).json

    with transaction():
        service.deactivate_staff(person.id, active_customers=0, by=admin, now=clock.now())

    assert not is_let_in(client, signed_in["access_token"])
    assert sign_in_by(client, login).json["code"] == "sign_in_failed"


def test_a_change_of_role_counts_from_the_next_request(app, sign_in, admin):
    manager = make_staff(Role.MANAGER)
    caller = sign_in(manager)
    assert caller.get("/v1/staff").status_code == 200

    with transaction():
        service.change_staff(
            manager.id,
            changes={"role": Role.ACCOUNT_MANAGER},
            expected=1,
            by=admin,
            now=clock.now(),
        )

    reply = caller.get("/v1/staff")
    assert reply.status_code == 403
    assert reply.json["code"] == "forbidden_role"


def test_one_address_may_not_try_too_often(app, client, backend):
    config.configure(settings_for(config.current().database_url, sign_ins_per_minute=3))
    client.environ_base["REMOTE_ADDR"] = "192.0.2.1" if backend == "sqlite" else "192.0.2.2"

    # Six may pass where a minute ends meanwhile.
    replies = [sign_in_by(client, f"nobody{n}", password="x").status_code for n in range(7)]

    assert replies[:3] == [401, 401, 401]
    assert 429 in replies


def test_a_password_that_changes_while_it_is_checked_does_not_let_in(
    client, person, login, monkeypatch
):
    checked = passwords.matches

    def change_meanwhile(password, *, stored):
        give_password(person, "another password")
        return checked(password, stored=stored)

    monkeypatch.setattr(passwords, "matches", change_meanwhile)

    assert sign_in_by(client, login).json["code"] == "sign_in_failed"


def test_no_transaction_is_open_while_a_password_is_hashed(client, login, monkeypatch):
    seen = []

    def look(password, *, stored):
        seen.append(db.session.registry().in_transaction())
        return False

    monkeypatch.setattr(passwords, "matches", look)
    sign_in_by(client, login)

    assert seen == [False]


def test_an_unknown_login_costs_a_hash_too():
    started = time.process_time()
    assert not passwords.matches("anything", stored=None)
    unknown = time.process_time() - started

    stored = passwords.hash_password("something")
    started = time.process_time()
    assert not passwords.matches("anything", stored=stored)
    known = time.process_time() - started

    assert unknown > known / 3
