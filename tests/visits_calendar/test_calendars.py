"""Visits in people's own calendars."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from crm_api.accounts.models import Role, Staff, Standing, Team
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.visits.calendar.models import CalendarFeed
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.factories.visits import planned, step
from tests.support.field import field

__all__ = ["field"]

PLACE = "示范路 8 号, 2; 楼"


def events(reply):
    assert reply.status_code == 200, reply.text
    assert reply.content_type.startswith("text/calendar")
    return list(Calendar.from_ical(reply.data).walk("VEVENT"))


def feed_of(caller, **content):
    reply = caller.post("/v1/calendar-feeds", json=content)
    assert reply.status_code == 201, reply.json
    return reply.json


def path_of(issued):
    return "/v1/" + issued["url"].split("/v1/", 1)[1]


@pytest.fixture
def visit(field):
    return planned(
        field.caller, field.customer, starts_at=field.tomorrow, place="示范路 8 号, 2; 楼"
    )


def test_one_visit_as_a_file(field, visit):
    reply = field.caller.get(f"/v1/visits/{visit['id']}/calendar")
    [event] = events(reply)

    assert event["summary"] == f"走访 {field.customer.name}"
    assert event["location"] == PLACE
    assert event.decoded("dtstart") == field.tomorrow
    assert event["status"] == "TENTATIVE"
    assert field.customer.phone not in reply.text
    assert reply.headers["Content-Disposition"] == f'attachment; filename="visit-{visit["id"]}.ics"'


def test_what_becomes_of_it_comes_as_the_same_event(field, visit):
    path = f"/v1/visits/{visit['id']}/calendar"
    [before] = events(field.caller.get(path))
    step(field.caller, visit, "confirmation", by="王示例", how="call")
    [agreed] = events(field.caller.get(path))
    step(field.caller, visit, "cancellation", by="customer", reason="ill")
    [off] = events(field.caller.get(path))

    assert before["uid"] == agreed["uid"] == off["uid"]
    assert [e["status"] for e in (before, agreed, off)] == ["TENTATIVE", "CONFIRMED", "CANCELLED"]
    assert before["sequence"] < agreed["sequence"] < off["sequence"]


@pytest.mark.parametrize(
    ("shows", "told"), [("times", ("走访", None)), ("places", ("走访 虚**", PLACE))]
)
def test_a_feed_tells_no_more_than_was_asked_for(field, visit, client, shows, told):
    issued = feed_of(field.caller, shows=shows)
    reply = client.get(path_of(issued))
    [event] = events(reply)

    assert (event["summary"], event.get("location")) == told
    assert "objectives" not in reply.text
    assert field.customer.name not in reply.text
    assert reply.headers["Cache-Control"] == "no-store"


def test_an_unchanged_feed_is_not_sent_again(field, visit, client, at):
    path = path_of(feed_of(field.caller))
    first = client.get(path)
    at(field.now + timedelta(hours=1))
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


def test_its_address_is_kept_nowhere(field, app):
    issued = feed_of(field.caller)
    token = path_of(issued).split("/")[3]

    stored = db.session.query(CalendarFeed).one()
    assert len(token) >= 43
    assert token not in str(vars(stored))
    assert token not in field.caller.get("/v1/calendar-feeds").text


def test_after_a_rotation_the_old_address_ends_with_its_overlap(field, visit, client, at):
    first = feed_of(field.caller)
    path = f"/v1/calendar-feeds/{first['feed']['id']}/rotations"
    second = field.caller.post(path, json={"overlap_hours": 2}).json

    assert path_of(first) != path_of(second)
    assert client.get(path_of(first)).status_code == 200
    at(field.now + timedelta(hours=2))
    assert client.get(path_of(first)).status_code == 404
    assert client.get(path_of(second)).status_code == 200
    third = field.caller.post(path, json={"overlap_hours": 0}).json
    assert client.get(path_of(second)).status_code == 404
    assert client.get(path_of(third)).status_code == 200


def test_a_revoked_feed_shows_nothing_and_stays_revoked(field, visit, client):
    issued = feed_of(field.caller)
    path = f"/v1/calendar-feeds/{issued['feed']['id']}"

    assert [field.caller.delete(path).status_code for _ in range(2)] == [204, 204]
    assert client.get(path_of(issued)).status_code == 404
    assert field.caller.post(f"{path}/rotations", json={}).json["code"] == "calendar_feed_revoked"
    listed = field.caller.get("/v1/calendar-feeds").json["items"]
    assert listed[0]["revoked_at"] is not None


def test_a_leavers_feed_falls_silent(field, visit, client):
    path = path_of(feed_of(field.caller))
    with transaction():
        db.session.get(Staff, field.owner.id).status = Standing.DEACTIVATED

    assert client.get(path).status_code == 404


def test_a_customer_who_went_to_a_colleague_is_gone_from_it(field, visit, client, sign_in):
    path = path_of(feed_of(field.caller))
    assert len(events(client.get(path))) == 1
    team_id = db.session.get(Staff, field.owner.id).team_id
    with transaction():
        colleague = make_customer(team_id=team_id, owner_id=None)
        field.customer.owner_id = colleague.owner_id
        db.session.merge(field.customer)

    assert events(client.get(path)) == []


def test_enough_is_enough(field):
    for _ in range(5):
        feed_of(field.caller)

    assert field.caller.post("/v1/calendar-feeds", json={}).json["code"] == (
        "too_many_calendar_feeds"
    )


def test_nobody_reaches_another_persons(field, visit, sign_in, client):
    issued = feed_of(field.caller)
    path = f"/v1/calendar-feeds/{issued['feed']['id']}"
    for stranger in (make_staff(Role.MANAGER, make_team()), make_staff(Role.ADMIN)):
        caller = sign_in(stranger)
        assert caller.get("/v1/calendar-feeds").json["items"] == []
        assert caller.delete(path).status_code == 404
        assert caller.post(f"{path}/rotations", json={}).status_code == 404
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))
    assert stranger.get(f"/v1/visits/{visit['id']}/calendar").status_code == 404
    assert client.get("/v1/calendars/guessed/visits.ics").status_code == 404


def test_who_stands_in_sees_the_covered_visits_while_it_lasts(field, visit, client, sign_in, at):
    team = db.session.get(Team, field.owner.team_id)
    stand_in, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    path = path_of(feed_of(sign_in(stand_in)))
    assert events(client.get(path)) == []
    ends = field.tomorrow + timedelta(days=1)
    away = {"absent_id": field.owner.id, "stand_in_id": stand_in.id, "reason": "Leave"}
    cover = sign_in(manager).post("/v1/covers", json=away | {"ends_at": ends.isoformat()})
    assert cover.status_code == 201, cover.text

    assert len(events(client.get(path))) == 1
    at(ends)
    assert events(client.get(path)) == []


def test_a_label_of_several_lines_is_a_text_like_any_other(field, visit, client):
    issued = feed_of(field.caller, label="王;示例\nBEGIN:VALARM")

    reply = client.get(path_of(issued))

    assert len(events(reply)) == 1
    assert r"X-WR-CALNAME:王\;示例\nBEGIN:VALARM" in reply.text
