import threading

import pytest

from crm_api.accounts import service
from crm_api.accounts.errors import LastAdmin, StillOwnsCustomers
from crm_api.accounts.models import Role, Standing
from crm_api.kit import clock
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team


def create(caller, team, **changes):
    body = {"login": "li.wei", "name": "Li Wei", "role": "account_manager", "team_id": team}
    return caller.post("/v1/staff", json=body | changes)


def change(caller, staff_id, version=1, **changes):
    headers = {"If-Match": f'"{version}"'}
    return caller.patch(f"/v1/staff/{staff_id}", json=changes, headers=headers)


def deactivate(staff_id, *, by, active_customers=0):
    with transaction():
        service.deactivate_staff(
            staff_id, active_customers=active_customers, by=by, now=clock.now()
        )


def names(caller, **query):
    return [s["name"] for s in caller.get("/v1/staff", query_string=query).json["items"]]


def test_an_administrator_names_staff(as_admin, admin, acts):
    reply = create(as_admin, admin.team_id, login="Li.Wei")

    assert reply.status_code == 201
    assert reply.json["login"] == "li.wei"
    assert reply.json["status"] == "active"
    assert "password" not in reply.text
    assert acts("staff_created")[0].by_id == admin.id


def test_the_same_id_with_the_same_content_is_a_repeat(as_admin, admin):
    first = create(as_admin, admin.team_id, id="li")
    again = create(as_admin, admin.team_id, id="li")
    other = create(as_admin, admin.team_id, id="li", name="Someone else")

    assert first.json == again.json
    assert other.json["code"] == "id_taken"


def test_a_login_belongs_to_one(as_admin, admin):
    create(as_admin, admin.team_id)

    reply = create(as_admin, admin.team_id, login="LI.WEI")

    assert reply.status_code == 409
    assert reply.json["code"] == "login_taken"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("team_id", "nowhere"), ("role", "king"), ("login", "x"), ("login", "li wei"), ("name", "")],
)
def test_what_cannot_be_right_is_refused_where_it_stands(as_admin, admin, field, wrong):
    reply = create(as_admin, admin.team_id, **{field: wrong})

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == f"/{field}"


def test_staff_change_role_team_and_name(as_admin, acts):
    person, team = make_staff(), make_team()

    reply = change(as_admin, person.id, role="manager", team_id=team.id, name="New name")

    assert reply.json["role"] == "manager"
    assert reply.json["team_id"] == team.id
    assert reply.headers["ETag"] == '"2"'
    assert acts("staff_changed")[0].details["role"] == {"from": "account_manager", "to": "manager"}
    assert change(as_admin, person.id, name="Stale").status_code == 412
    assert change(as_admin, person.id, 2, team_id="nowhere").status_code == 422


def test_the_last_administrator_stays_one(as_admin, admin):
    assert change(as_admin, admin.id, role="auditor").json["code"] == "last_admin"
    with pytest.raises(LastAdmin):
        deactivate(admin.id, by=admin)

    make_staff(Role.ADMIN)
    assert change(as_admin, admin.id, role="auditor").status_code == 200


def test_two_administrators_cannot_depose_each_other_at_once(app, sign_in):
    admins = [make_staff(Role.ADMIN) for _ in range(2)]
    callers = [sign_in(a) for a in admins]
    replies, start = [], threading.Barrier(2)

    def depose(caller, other):
        start.wait()
        replies.append(change(caller, other.id, role="auditor"))

    pairs = zip(callers, reversed(admins), strict=True)
    threads = [threading.Thread(target=depose, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(r.status_code for r in replies) in ([200, 403], [200, 409])


def test_who_owns_customers_cannot_leave(person, admin):
    with pytest.raises(StillOwnsCustomers) as refused:
        deactivate(person.id, by=admin, active_customers=3)

    assert refused.value.details == {"customers": 3}


def test_a_leaver_may_come_back(as_admin, sign_in, person, admin, acts):
    caller = sign_in(person)
    deactivate(person.id, by=admin)
    deactivate(person.id, by=admin)
    assert caller.get("/v1/me").status_code == 401

    reply = as_admin.put(f"/v1/staff/{person.id}/activation")
    as_admin.put(f"/v1/staff/{person.id}/activation")

    assert reply.json["status"] == "active"
    assert caller.get("/v1/me").status_code == 401
    assert sign_in(person).get("/v1/me").status_code == 200
    assert (len(acts("staff_deactivated")), len(acts("staff_activated"))) == (1, 1)


def test_who_sees_whom(as_admin, sign_in):
    north = make_team()
    boss = make_staff(Role.MANAGER, north, name="Boss")
    make_staff(team=make_team(parent=north), name="Beneath")
    stranger = make_staff(name="Stranger")
    manager = sign_in(boss)

    assert names(manager) == ["Beneath", "Boss"]
    assert manager.get(f"/v1/staff/{stranger.id}").status_code == 404
    assert {"Beneath", "Boss", "Stranger"} <= set(names(as_admin))
    assert {"Stranger"} <= set(names(sign_in(make_staff(Role.AUDITOR))))

    own = sign_in(stranger)
    assert own.get("/v1/staff").status_code == 403
    assert own.get(f"/v1/staff/{stranger.id}").json["name"] == "Stranger"
    assert own.get(f"/v1/staff/{boss.id}").status_code == 404


def test_the_list_is_filtered_and_paged(as_admin, admin):
    north = make_team()
    for n in range(5):
        make_staff(team=make_team(parent=north), name=f"Person {n}")
    make_staff(Role.MANAGER, north, name="Boss")
    make_staff(team=north, name="Gone", status=Standing.DEACTIVATED)

    assert names(as_admin, team_id=north.id, role="manager") == ["Boss"]
    assert names(as_admin, team_id=north.id, status="deactivated") == ["Gone"]
    assert names(as_admin, team_id="nowhere") == []

    page = as_admin.get("/v1/staff", query_string={"team_id": north.id, "limit": 4}).json
    rest = as_admin.get(
        "/v1/staff", query_string={"team_id": north.id, "cursor": page["next_cursor"]}
    ).json
    assert len(page["items"]) == 4
    assert [s["name"] for s in rest["items"]] == ["Person 2", "Person 3", "Person 4"]


def test_the_roles_are_told(as_admin):
    told = as_admin.get("/v1/roles").json["items"]

    assert {r["role"] for r in told} == {r.value for r in Role}


def test_staff_ids_that_are_nobodys(as_admin):
    assert as_admin.put("/v1/staff/nobody/activation").status_code == 404
    assert change(as_admin, "nobody", name="X").status_code == 404
