import threading

import sqlalchemy as sa

from crm_api.accounts import queries
from crm_api.accounts.models import Role, Team
from crm_api.accounts.policies import DEEPEST_TEAM
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team


def change(caller, team_id, version=1, **changes):
    headers = {"If-Match": f'"{version}"'}
    return caller.patch(f"/v1/teams/{team_id}", json=changes, headers=headers)


def paths():
    found = dict(db.session.execute(sa.select(Team.id, Team.path)).all())
    db.session.rollback()
    return found


def test_a_subtree_is_a_team_and_all_beneath_it(app):
    root = make_team(id="north_1")
    city = make_team(parent=root)
    make_team(id="northx1")
    make_team(id="north_11")

    found = db.session.scalars(queries.subtree_team_ids(root.path)).all()
    db.session.rollback()

    assert set(found) == {root.id, city.id}


def test_a_team_is_added_beneath_another(as_admin, acts):
    root = as_admin.post("/v1/teams", json={"name": "North"})
    city = as_admin.post("/v1/teams", json={"name": "City", "parent_id": root.json["id"]})

    assert (root.status_code, city.status_code) == (201, 201)
    assert city.headers["ETag"] == '"1"'
    assert paths()[city.json["id"]] == f"/{root.json['id']}/{city.json['id']}/"
    assert len(acts("team_created")) == 2


def test_the_same_id_with_the_same_content_is_a_repeat(as_admin):
    body = {"id": "north", "name": "North"}

    first, again = (as_admin.post("/v1/teams", json=body) for _ in range(2))
    other = as_admin.post("/v1/teams", json=body | {"name": "South"})

    assert first.json == again.json
    assert other.json["code"] == "id_taken"


def test_a_parent_must_exist(as_admin):
    reply = as_admin.post("/v1/teams", json={"name": "City", "parent_id": "nowhere"})

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/parent_id"


def test_a_rename_needs_the_version_that_was_read(as_admin):
    team = make_team()

    assert as_admin.patch(f"/v1/teams/{team.id}", json={"name": "East"}).status_code == 428
    assert change(as_admin, team.id, name="East").json["version"] == 2
    stale = change(as_admin, team.id, name="West")
    assert stale.status_code == 412
    assert stale.json["differs"] == ["name"]


def test_a_move_takes_all_beneath_along(as_admin, acts):
    old, new = make_team(), make_team()
    city = make_team(parent=old)
    street = make_team(parent=city)

    reply = change(as_admin, city.id, parent_id=new.id)

    assert reply.status_code == 200
    assert paths()[city.id] == f"{new.path}{city.id}/"
    assert paths()[street.id] == f"{new.path}{city.id}/{street.id}/"
    assert acts("team_changed")[0].details["parent_id"] == {"from": old.id, "to": new.id}


def test_a_team_may_become_a_root(as_admin):
    city = make_team(parent=make_team())

    assert change(as_admin, city.id, parent_id=None).json["parent_id"] is None
    assert paths()[city.id] == f"/{city.id}/"


def test_what_a_manager_sees_moves_with_the_teams(as_admin, sign_in):
    mine, other = make_team(), make_team()
    manager = sign_in(make_staff(Role.MANAGER, mine))
    person = make_staff(team=make_team(parent=other))
    assert manager.get(f"/v1/staff/{person.id}").status_code == 404

    change(as_admin, other.id, parent_id=mine.id)

    assert manager.get(f"/v1/staff/{person.id}").status_code == 200


def test_a_team_cannot_lie_beneath_itself(as_admin):
    root = make_team()
    city = make_team(parent=root)

    for parent in (root, city):
        reply = change(as_admin, root.id, parent_id=parent.id)
        assert reply.status_code == 409
        assert reply.json["code"] == "team_cycle"


def test_two_moves_at_once_make_no_ring(app, sign_in, admin):
    left, right = make_team(), make_team()
    moves = [(left.id, right.id), (right.id, left.id)]
    callers = [sign_in(admin) for _ in moves]
    replies, start = [], threading.Barrier(2)

    def move(caller, team_id, parent_id):
        start.wait()
        replies.append(change(caller, team_id, parent_id=parent_id))

    threads = [
        threading.Thread(target=move, args=(c, *m)) for c, m in zip(callers, moves, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(r.status_code for r in replies) == [200, 409]


def test_the_tree_has_a_floor(as_admin):
    team = None
    for _ in range(DEEPEST_TEAM):
        team = make_team(parent=team)
    deepest = team

    below = as_admin.post("/v1/teams", json={"name": "Too deep", "parent_id": deepest.id})
    other = make_team(parent=make_team())
    moved = change(as_admin, other.parent_id, parent_id=deepest.parent_id)

    assert below.json["code"] == "team_too_deep"
    assert moved.json["code"] == "team_too_deep"


def test_who_sees_which_teams(as_admin, sign_in):
    north = make_team("North")
    city = make_team("City", parent=north)
    make_team("South")
    manager = sign_in(make_staff(Role.MANAGER, north))
    person = sign_in(make_staff(team=city))
    auditor = sign_in(make_staff(Role.AUDITOR, city))

    def names(caller, **query):
        return {t["name"] for t in caller.get("/v1/teams", query_string=query).json["items"]}

    assert names(manager) == {"North", "City"}
    assert names(person) == {"City"}
    assert {"North", "City", "South"} <= names(auditor)
    assert names(as_admin, parent_id=north.id) == {"City"}
    assert person.get(f"/v1/teams/{north.id}").status_code == 404
    assert manager.get(f"/v1/teams/{city.id}").json["name"] == "City"


def test_only_an_administrator_changes_the_tree(sign_in):
    team = make_team()
    for role in (Role.MANAGER, Role.AUDITOR, Role.ACCOUNT_MANAGER):
        caller = sign_in(make_staff(role, team))
        assert caller.post("/v1/teams", json={"name": "X"}).status_code == 403
        assert change(caller, team.id, name="X").status_code == 403
    assert change(sign_in(make_staff(Role.ADMIN)), "nowhere", name="X").status_code == 404
