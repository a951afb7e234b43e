"""A colleague looks after an absent one's customers, from one moment until another."""

import threading
from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import planned

DAY = timedelta(days=1)


@pytest.fixture
def now(at, moment):
    return at(moment)


@pytest.fixture
def team(app, now):
    return make_team()


@pytest.fixture
def manager(team):
    return make_staff(Role.MANAGER, team)


@pytest.fixture
def people(team):
    """Who is away, who stands in, and a third colleague."""
    return [make_staff(team=team) for _ in range(3)]


def arrange(caller, absent, stand_in, *, starts_at=None, ends_at, **more):
    body = {"absent_id": absent.id, "stand_in_id": stand_in.id, "reason": "Leave"}
    body |= {"ends_at": ends_at.isoformat()} | more
    if starts_at:
        body["starts_at"] = starts_at.isoformat()
    return caller.post("/v1/covers", json=body)


def arranged(*args, **kwargs):
    reply = arrange(*args, **kwargs)
    assert reply.status_code == 201, reply.text
    return reply.json


def seen_by(caller):
    return {item["id"] for item in caller.get("/v1/customers").json["items"]}


def test_the_portfolio_is_there_while_the_cover_lasts_and_returns_by_itself(
    sign_in, at, now, manager, people
):
    away, stand_in, _ = people
    own, covered = make_customer(stand_in), make_customer(away)
    caller = sign_in(stand_in)
    first, last = now + DAY, now + 3 * DAY
    arranged(sign_in(manager), away, stand_in, starts_at=first, ends_at=last)
    path = f"/v1/customers/{covered.id}"

    for moment, is_covered in (
        (now, False),
        (first - timedelta(seconds=1), False),
        (first, True),
        (last - timedelta(microseconds=1), True),
        (last, False),
    ):
        at(moment)
        assert seen_by(caller) == ({own.id, covered.id} if is_covered else {own.id}), moment
        for its in ("", "/overview", "/contacts", "/extended-profile"):
            assert caller.get(path + its).status_code == (200 if is_covered else 404), its
        assert caller.get("/v1/me").json["covers"] == ([away.id] if is_covered else [])
        assert seen_by(sign_in(away)) == {covered.id}


def test_who_stands_in_finds_plans_and_writes_in_the_own_name(sign_in, now, manager, people):
    keep_default_policies(now - 30 * DAY)
    away, stand_in, colleague = people
    covered = make_customer(away, name="虚构赵六")
    arranged(sign_in(manager), away, stand_in, ends_at=now + DAY)
    caller = sign_in(stand_in)

    found = caller.get("/v1/customers?q=zhao").json["items"]
    visit = planned(caller, covered, starts_at=now + timedelta(hours=2))
    wish = caller.post(
        f"/v1/customers/{covered.id}/do-not-disturb-wishes", json={"channels": ["email"]}
    )

    assert [item["id"] for item in found] == [covered.id]
    assert visit["owner_id"] == away.id
    assert wish.json["by_id"] == stand_in.id
    assert caller.get(f"/v1/staff/{away.id}").json["name"] == away.name
    assert sign_in(colleague).get(f"/v1/visits/{visit['id']}").status_code == 404
    assert sign_in(away).get(f"/v1/visits/{visit['id']}").status_code == 200


def test_a_cover_across_teams_shows_the_other_team_too(sign_in, now, team):
    manager = make_staff(Role.MANAGER, team)
    away, stand_in = (make_staff(team=make_team(parent=team)) for _ in range(2))
    arranged(sign_in(manager), away, stand_in, ends_at=now + DAY)

    shown = {item["id"] for item in sign_in(stand_in).get("/v1/teams").json["items"]}

    assert shown == {away.team_id, stand_in.team_id}


def test_the_sign_in_check_costs_no_statement_more(sign_in, now, manager, people, count_statements):
    away, stand_in, _ = people
    customer = make_customer(stand_in)
    caller = sign_in(stand_in)
    path = f"/v1/customers/{customer.id}/overview"
    caller.get(path)
    with count_statements() as before:
        caller.get(path)
    arranged(sign_in(manager), away, stand_in, ends_at=now + DAY)

    with count_statements() as during:
        assert caller.get(path).status_code == 200

    assert during.count == before.count


def test_covers_that_would_leave_a_doubt_are_refused(sign_in, now, manager, people):
    away, stand_in, third = people
    caller = sign_in(manager)
    first = arranged(caller, away, stand_in, starts_at=now + DAY, ends_at=now + 5 * DAY)
    within = {"starts_at": now + 2 * DAY, "ends_at": now + 3 * DAY}

    for absent, other, why in (
        (away, third, "covered_already"),
        (third, away, "stand_in_is_away"),
        (stand_in, third, "away_and_standing_in"),
    ):
        refused = arrange(caller, absent, other, **within)
        assert (refused.status_code, refused.json["code"]) == (409, "cover_clash")
        assert refused.json["clashes"] == [{"cover_id": first["id"], "why": why}]
    # One may stand in for several, and a cover may follow upon another.
    arranged(caller, third, stand_in, **within)
    arranged(caller, away, third, starts_at=now + 5 * DAY, ends_at=now + 6 * DAY)


def test_back_early_and_away_for_longer(sign_in, at, now, manager, people):
    away, stand_in, third = people
    caller, covered = sign_in(manager), make_customer(away)
    cover = arranged(caller, away, stand_in, ends_at=now + 2 * DAY)
    path = f"/v1/covers/{cover['id']}"
    longer = {"ends_at": (now + 4 * DAY).isoformat()}

    assert caller.patch(path, json=longer).status_code == 428
    changed = caller.patch(path, json=longer, headers={"If-Match": '"1"'})
    assert changed.headers["ETag"] == '"2"'
    assert caller.patch(path, json=longer, headers={"If-Match": '"1"'}).status_code == 412

    at(now + 3 * DAY)
    assert seen_by(sign_in(stand_in)) == {covered.id}
    ended = caller.put(f"{path}/end")
    at(now + 3 * DAY + timedelta(minutes=1))
    assert caller.put(f"{path}/end").json == ended.json
    assert ended.json["ended_by_id"] == manager.id
    assert seen_by(sign_in(stand_in)) == set()
    again = caller.patch(path, json=longer, headers={"If-Match": '"3"'})
    assert (again.status_code, again.json["code"]) == (409, "cover_over")
    arranged(caller, away, third, ends_at=now + 4 * DAY)


def test_one_called_off_before_it_began_stands_in_nobodys_way(sign_in, at, now, manager, people):
    away, stand_in, third = people
    caller = sign_in(manager)
    cover = arranged(caller, away, stand_in, starts_at=now + 2 * DAY, ends_at=now + 3 * DAY)
    at(now + DAY)
    caller.put(f"/v1/covers/{cover['id']}/end")
    at(now + timedelta(hours=25))

    arranged(caller, away, third, ends_at=now + 4 * DAY)

    states = {
        state: len(caller.get(f"/v1/covers?state={state}").json["items"])
        for state in ("ahead", "in_force", "over")
    }
    assert states == {"ahead": 0, "in_force": 1, "over": 1}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"stand_in_id": "nobody"}, "/stand_in_id"),
        ({"starts_at": "2026-03-03T01:59:59Z"}, "/starts_at"),
        ({"ends_at": "2026-03-03T02:00:00Z"}, "/ends_at"),
        ({"ends_at": "2028-03-03T02:00:00Z"}, "/ends_at"),
        ({"ends_at": "2026-03-04T02:00:00"}, "/ends_at"),
        ({"reason": "\x00"}, ""),
    ],
)
def test_what_cannot_be_right_is_refused(sign_in, manager, people, changes, pointer):
    away, stand_in, _ = people
    body = {"absent_id": away.id, "stand_in_id": stand_in.id, "reason": "Leave"}

    reply = sign_in(manager).post(
        "/v1/covers", json=body | {"ends_at": "2026-03-04T02:00:00Z"} | changes
    )

    assert reply.status_code in (400, 422)
    if pointer:
        assert reply.json["errors"][0]["pointer"] == pointer


def test_only_a_manager_of_both_arranges_it(sign_in, now, manager, people):
    away, stand_in, _ = people
    elsewhere, foreign = make_staff(Role.MANAGER), make_staff()
    cover = arranged(sign_in(manager), away, stand_in, ends_at=now + DAY)

    assert arrange(sign_in(manager), away, foreign, ends_at=now + DAY).status_code == 422
    assert arrange(sign_in(elsewhere), away, stand_in, ends_at=now + DAY).status_code == 422
    assert arrange(sign_in(stand_in), away, stand_in, ends_at=now + DAY).status_code == 403
    for one, status in ((elsewhere, 404), (foreign, 404), (away, 200), (stand_in, 200)):
        assert sign_in(one).get(f"/v1/covers/{cover['id']}").status_code == status
        listed = sign_in(one).get("/v1/covers").json["items"]
        assert len(listed) == (status == 200)


def test_who_leaves_or_changes_work_covers_nobody(sign_in, now, manager, people):
    away, stand_in, third = people
    admin, covered = sign_in(make_staff(Role.ADMIN)), make_customer(away)
    cover = arranged(sign_in(manager), away, stand_in, ends_at=now + DAY)
    assert admin.put(f"/v1/staff/{stand_in.id}/deactivation").status_code == 200
    assert admin.get(f"/v1/covers/{cover['id']}").json["ended_at"] is not None

    arranged(sign_in(manager), away, third, ends_at=now + DAY)
    changed = {"role": "auditor"}
    admin.patch(f"/v1/staff/{third.id}", json=changed, headers={"If-Match": '"1"'})
    admin.patch(
        f"/v1/staff/{third.id}", json={"role": "account_manager"}, headers={"If-Match": '"2"'}
    )
    assert sign_in(third).get(f"/v1/customers/{covered.id}").status_code == 404


def test_of_two_who_arrange_at_once_one_does(sign_in, now, manager, people):
    away, *others = people
    callers = [sign_in(manager) for _ in others]
    for day in range(4):
        replies, start = [], threading.Barrier(len(callers))

        def run(caller, other, day=day, replies=replies, start=start):
            start.wait()
            time = {"starts_at": now + day * DAY, "ends_at": now + (day + 1) * DAY}
            replies.append(arrange(caller, away, other, **time).status_code)

        threads = [
            threading.Thread(target=run, args=pair) for pair in zip(callers, others, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(replies) == [201, 409]
