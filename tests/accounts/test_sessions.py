from crm_api.accounts.models import Role
from tests.accounts.calls import bearer, is_let_in, refresh_by, sign_in_by
from tests.factories.accounts import give_password, make_staff, make_team


def test_the_list_shows_the_callers_devices_only(client, login, sign_in):
    stranger = make_staff()
    sign_in(stranger)
    phone = sign_in_by(client, login).json
    sign_in_by(client, login, device_id="tablet")

    shown = client.get("/v1/sessions", headers=bearer(phone["access_token"])).json["items"]

    assert {s["device_id"]: s["is_current"] for s in shown} == {"phone-1": True, "tablet": False}


def test_signing_out_cuts_this_device_off_at_once(client, login, acts):
    phone = sign_in_by(client, login).json
    tablet = sign_in_by(client, login, device_id="tablet").json

    reply = client.delete("/v1/sessions/current", headers=bearer(phone["access_token"]))

    assert reply.status_code == 204
    assert not is_let_in(client, phone["access_token"])
    assert refresh_by(client, phone["refresh_token"]).status_code == 401
    assert is_let_in(client, tablet["access_token"])
    assert acts("signed_out")


def test_signing_out_another_of_my_devices(client, login):
    phone = sign_in_by(client, login).json
    tablet = sign_in_by(client, login, device_id="tablet").json

    path = f"/v1/sessions/{tablet['session_id']}"
    assert client.delete(path, headers=bearer(phone["access_token"])).status_code == 204

    assert not is_let_in(client, tablet["access_token"])
    assert client.delete(path, headers=bearer(phone["access_token"])).status_code == 404


def test_somebody_elses_session_does_not_exist(client, login, sign_in):
    mine = sign_in_by(client, login).json

    reply = sign_in(make_staff()).delete(f"/v1/sessions/{mine['session_id']}")

    assert reply.status_code == 404
    assert is_let_in(client, mine["access_token"])


def test_signing_out_everywhere(client, login):
    devices = [sign_in_by(client, login, device_id=f"d{n}").json for n in range(3)]

    client.delete("/v1/sessions", headers=bearer(devices[0]["access_token"]))

    assert not any(is_let_in(client, d["access_token"]) for d in devices)


def test_a_manager_signs_a_lost_phone_out(client, sign_in):
    team = make_team()
    person = make_staff(team=team)
    phone = sign_in_by(client, give_password(person)).json

    reply = sign_in(make_staff(Role.MANAGER, team)).delete(f"/v1/staff/{person.id}/sessions")

    assert reply.status_code == 204
    assert not is_let_in(client, phone["access_token"])
