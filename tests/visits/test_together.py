"""Two or more of us on one visit, and whom it really met."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Team
from crm_api.contact_frequency.models import SlotSubject
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, contacts, made, planned, step

DOOR = {"place_latitude": 31.2304, "place_longitude": 121.4737}
HERE = {"latitude": 31.2305, "longitude": 121.4737, "accuracy_m": 12.5}


@pytest.fixture
def colleague(field):
    return make_staff(team=_team(field))


@pytest.fixture
def visit(field, colleague):
    """A visit on which a colleague goes along."""
    along = {"colleague_ids": [colleague.id]}
    return planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR, **along)


def test_a_colleague_sees_the_visit_and_nothing_else_of_the_customer(
    field, sign_in, visit, colleague
):
    caller, at_visit = sign_in(colleague), f"/v1/visits/{visit['id']}"

    assert [c["staff_id"] for c in caller.get(at_visit).json["colleagues"]] == [colleague.id]
    assert caller.get(f"{at_visit}/brief").status_code == 200
    assert [v["id"] for v in caller.get("/v1/visits").json["items"]] == [visit["id"]]
    mine = caller.get(f"/v1/visits?colleague_id={colleague.id}").json["items"]
    assert [v["id"] for v in mine] == [visit["id"]]
    note = caller.post(f"{at_visit}/notes", json={"text": "Asks about roaming."})
    assert note.status_code == 201
    assert caller.get(f"{at_visit}/notes").json["items"][0]["by_id"] == colleague.id
    for refused in (
        caller.get(f"/v1/customers/{field.customer.id}"),
        caller.get(f"/v1/customers/{field.customer.id}/contacts"),
        step(caller, visit, "check-in"),
        step(caller, visit, "cancellation", by="us", reason="x"),
        caller.put(f"{at_visit}/colleagues", json={"colleague_ids": []}),
    ):
        assert (refused.status_code, refused.json["code"]) == (404, "not_found")


def test_a_colleague_is_briefed_until_the_visit_closes(field, at, sign_in, visit, colleague):
    caller, at_visit = sign_in(colleague), f"/v1/visits/{visit['id']}"
    frozen = caller.post(f"{at_visit}/briefs").json
    at(field.tomorrow)
    step(field.caller, made(field.caller, visit), "record", **a_record(visit))

    for refused in (
        caller.get(f"{at_visit}/brief"),
        caller.get(f"{at_visit}/brief/page"),
        caller.post(f"{at_visit}/briefs"),
    ):
        assert refused.status_code == 404
    assert caller.get(f"{at_visit}/briefs/{frozen['digest']}").status_code == 200
    assert field.caller.get(f"{at_visit}/brief").status_code == 200


def test_left_out_again_the_colleague_sees_nothing(field, sign_in, visit, colleague):
    at_visit = f"/v1/visits/{visit['id']}"
    reply = field.caller.put(f"{at_visit}/colleagues", json={"colleague_ids": []})

    assert (reply.status_code, reply.json["colleagues"]) == (200, [])
    assert sign_in(colleague).get(at_visit).status_code == 404
    assert sign_in(colleague).get("/v1/visits").json["items"] == []


def test_each_checks_in_with_their_own_position(field, at, sign_in, visit, colleague):
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    far = {**HERE, "latitude": 31.4}

    reply = step(sign_in(colleague), visit, "arrival", **far)
    again = step(sign_in(colleague), visit, "arrival", **far)
    other = step(sign_in(colleague), visit, "arrival", **HERE)
    stranger = step(sign_in(make_staff()), visit, "arrival", **HERE)
    owner = step(field.caller, visit, "arrival", **HERE)

    [arrived] = reply.json["colleagues"]
    assert (reply.json["verdict"], arrived["verdict"]) == ("verified", "outside")
    assert arrived["verdict_reasons"] == ["far_from_the_place"]
    assert (again.status_code, again.json) == (200, reply.json)
    assert (other.status_code, other.json["code"]) == (409, "visit_step_taken_otherwise")
    assert (stranger.status_code, owner.status_code) == (404, 403)
    out = field.caller.put(f"/v1/visits/{visit['id']}/colleagues", json={"colleague_ids": []})
    assert (out.status_code, out.json["code"]) == (409, "colleague_was_there")


def test_nobody_asks_along_whom_they_cannot_reach(field, colleague):
    gone = [make_staff(team=make_team()).id]
    content = {"colleague_ids": gone}
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    strangers = step(field.caller, visit, "colleagues", **content)
    oneself = step(field.caller, visit, "colleagues", colleague_ids=[field.owner.id])
    listed = field.caller.get("/v1/colleagues").json["items"]

    assert (strangers.status_code, oneself.status_code) == (404, 422)
    assert [c["id"] for c in listed] == [colleague.id]


def test_a_manager_above_may_come_and_sees_it_anyway(field, sign_in):
    manager = make_staff(Role.MANAGER, _team(field))
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)

    reply = step(field.caller, visit, "colleagues", colleague_ids=[manager.id])

    assert [c["name"] for c in reply.json["colleagues"]] == [manager.name]
    assert step(sign_in(manager), visit, "arrival", **HERE).status_code == 200


def test_the_record_says_who_was_really_there(field, at, colleague):
    key_person = make_customer(field.owner)
    persons = [{"name": "王示例"}, {"name": "李示例"}]
    visit = planned(
        field.caller,
        field.customer,
        starts_at=field.tomorrow,
        persons=persons,
        colleague_ids=[colleague.id],
    )
    at(field.tomorrow)
    visit = made(field.caller, visit)
    wang = visit["persons"][0]["id"]
    met = [{"id": wang}, {"name": "赵示例", "role": "IT", "customer_id": key_person.id}]

    content = a_record(visit, persons_met=met, colleagues_present=[])
    reply = step(field.caller, visit, "record", **content)

    assert reply.status_code == 200, reply.json
    told = {p["name"]: (p["is_planned"], p["was_met"]) for p in reply.json["persons"]}
    assert told == {"王示例": (True, True), "李示例": (True, False), "赵示例": (False, True)}
    assert [c["was_there"] for c in reply.json["colleagues"]] == [False]
    assert contacts(field.caller, field.customer)[0]["with_whom"] == "王示例, 赵示例"
    assert _counted(key_person) == 1
    again = step(field.caller, visit, "record", **content)
    assert (again.status_code, _counted(key_person)) == (200, 1)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"persons_met": [{"id": "nobody"}]}, 422),
        ({"persons_met": [{}]}, 422),
        ({"persons_met": [{"id": "x", "name": "y"}]}, 422),
        ({"colleagues_present": ["nobody"]}, 422),
        ({"persons_met": [{"name": "x", "customer_id": "nobody"}]}, 404),
    ],
)
def test_nobody_is_met_who_is_not_known(field, at, changes, status):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    visit = made(field.caller, visit)

    reply = step(field.caller, visit, "record", **a_record(visit, **changes))

    assert reply.status_code == status
    assert field.caller.get(f"/v1/visits/{visit['id']}").json["status"] == "checked_out"


@pytest.mark.parametrize(
    ("minutes", "sent", "graded"),
    [
        (40, HERE, ["verified", "near_the_place"]),
        (2, HERE, ["unverified", "stayed_briefly"]),
        (40, {}, ["unverified", "no_position"]),
        (40, {**HERE, "latitude": 31.4}, ["outside", "far_from_the_place"]),
        (40, {**HERE, "is_mocked": True}, ["suspicious", "mocked_position"]),
        (6, {**HERE, "latitude": 33}, ["suspicious", "travel_impossible", "far_from_the_place"]),
    ],
)
def test_leaving_is_graded_too(field, at, minutes, sent, graded):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow, **DOOR)
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    at(field.tomorrow + timedelta(minutes=minutes))

    reply = step(field.caller, visit, "check-out", **sent)

    left = reply.json
    assert [left["check_out_verdict"], *left["check_out_verdict_reasons"]] == graded
    assert "121.4737" not in reply.text


def test_where_no_place_was_agreed_one_leaves_where_one_came(field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    at(field.tomorrow + timedelta(minutes=40))

    reply = step(field.caller, visit, "check-out", **HERE)

    assert (reply.json["verdict"], reply.json["check_out_verdict"]) == ("unverified", "verified")


def test_all_coordinates_go_in_time(field, at, sign_in, visit, colleague):
    at(field.tomorrow)
    step(field.caller, visit, "check-in", **HERE)
    step(sign_in(colleague), visit, "arrival", **HERE)
    at(field.tomorrow + timedelta(minutes=40))
    step(field.caller, visit, "check-out", **HERE)
    at(field.tomorrow + timedelta(days=31))

    first = field.caller.client.application.test_cli_runner().invoke(
        args=["visits", "purge-coordinates"]
    )
    again = field.caller.client.application.test_cli_runner().invoke(
        args=["visits", "purge-coordinates"]
    )

    assert "3 " in first.output
    assert "0 " in again.output
    for table in ("visits", "visit_colleagues", "visit_steps"):
        rows = db.session.execute(sa.text(f"SELECT * FROM {table}")).mappings().all()
        kept = {n: v for row in rows for n, v in row.items() if "itude" in n and v is not None}
        assert set(kept) <= {"place_latitude", "place_longitude"}
    db.session.rollback()


def _team(field):
    return db.session.get(Team, field.owner.team_id)


def _counted(customer):
    db.session.rollback()
    mine = SlotSubject.subject_id == customer.id
    return db.session.scalar(sa.select(sa.func.count()).select_from(SlotSubject).where(mine))
