from datetime import UTC, datetime, timedelta

import pytest

from crm_api.accounts import queries
from crm_api.accounts.models import Role, Scope
from crm_api.accounts.tokens import digest_of
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.factories.accounts import make_client, make_staff

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


def who_has(key):
    found = queries.find_client(digest=digest_of(key), at=clock.now())
    db.session.rollback()
    return found


def create(caller, **changes):
    return caller.post("/v1/clients", json={"name": "SMS east", "scopes": ["gateway"]} | changes)


def issue(caller, client_id, **body):
    return caller.post(f"/v1/clients/{client_id}/keys", json=body)


def test_a_machine_client_gets_a_key_shown_once(as_admin, acts):
    client = create(as_admin)
    issued = issue(as_admin, client.json["id"])

    assert (client.status_code, issued.status_code) == (201, 201)
    assert who_has(issued.json["key"]).scopes == ("gateway",)
    listed = as_admin.get(f"/v1/clients/{client.json['id']}/keys")
    assert issued.json["key"] not in listed.text
    assert listed.json["items"][0]["id"] == issued.json["id"]
    assert acts("client_created")
    assert acts("client_key_issued")


def test_creating_twice_with_an_id_is_a_repeat(as_admin):
    first, again = create(as_admin, id="east"), create(as_admin, id="east")

    assert first.json == again.json
    assert create(as_admin, id="east", scopes=["billing_feed"]).json["code"] == "id_taken"
    assert create(as_admin, id="west").json["code"] == "client_name_taken"


def test_the_old_key_goes_on_for_the_overlap(as_admin, at):
    at(MONDAY)
    client, old = make_client(Scope.GATEWAY)
    new = issue(as_admin, client.id, overlap_hours=2).json["key"]

    at(MONDAY + timedelta(hours=2, seconds=-1))
    assert who_has(old)
    assert who_has(new)
    at(MONDAY + timedelta(hours=2))
    assert who_has(old) is None
    assert who_has(new)


def test_a_second_rotation_never_prolongs_an_older_key(as_admin, at):
    at(MONDAY)
    client, old = make_client(Scope.GATEWAY)
    issue(as_admin, client.id, overlap_hours=1)
    issue(as_admin, client.id, overlap_hours=100)

    at(MONDAY + timedelta(hours=1))
    assert who_has(old) is None


def test_a_revoked_key_is_worthless_at_once(as_admin, acts):
    client, key = make_client(Scope.GATEWAY)
    path = f"/v1/clients/{client.id}/keys/{client.key_id}/revocation"

    first, again = as_admin.put(path), as_admin.put(path)

    assert first.json == again.json
    assert who_has(key) is None
    assert len(acts("client_key_revoked")) == 1


def test_a_key_belongs_to_its_client(as_admin):
    client, _key = make_client(Scope.GATEWAY)
    other, _key = make_client(Scope.GATEWAY)

    path = f"/v1/clients/{other.id}/keys/{client.key_id}/revocation"
    assert as_admin.put(path).status_code == 404
    assert issue(as_admin, "nobody").status_code == 404


def test_a_deactivated_client_is_shut_out_until_activated(as_admin):
    client, key = make_client(Scope.GATEWAY)

    as_admin.put(f"/v1/clients/{client.id}/deactivation")
    assert who_has(key) is None
    reply = as_admin.put(f"/v1/clients/{client.id}/activation")
    assert reply.json["status"] == "active"
    assert who_has(key)


def test_scopes_and_name_change_with_the_version(as_admin):
    client, key = make_client(Scope.GATEWAY)
    other, _key = make_client(Scope.GATEWAY)
    path = f"/v1/clients/{client.id}"
    headers = {"If-Match": '"1"'}

    taken = as_admin.patch(path, json={"name": other.name}, headers=headers)
    changes = {"name": "Feed", "scopes": ["billing_feed", "gateway"]}
    changed = as_admin.patch(path, json=changes, headers=headers)

    assert taken.json["code"] == "client_name_taken"
    assert changed.json["scopes"] == ["billing_feed", "gateway"]
    assert set(who_has(key).scopes) == {"billing_feed", "gateway"}
    assert as_admin.get(path).json["name"] == "Feed"
    assert as_admin.patch(path, json={"name": "X"}, headers=headers).status_code == 412


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_only_administrators_register_machines(sign_in, role):
    assert create(sign_in(make_staff(role))).status_code == 403


def test_an_auditor_reads_them(sign_in):
    client, _key = make_client(Scope.GATEWAY)

    listed = sign_in(make_staff(Role.AUDITOR)).get("/v1/clients").json["items"]

    assert [c["id"] for c in listed] == [client.id]
