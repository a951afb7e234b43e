from datetime import UTC, date, datetime

import pytest

from crm_api.accounts.models import Role
from crm_api.calendars import service
from crm_api.calendars.policies.festivals import STANDARD
from crm_api.kit.db import db
from tests.factories.accounts import make_staff

MAKE_UP = {"on": "2031-02-08", "is_workday": True, "name": "春节调休"}
DAY_OFF = {"on": "2031-01-27", "is_workday": False, "name": "春节"}
NOTICE = {"source": "国办发明电[2030]1号", "days": [MAKE_UP, DAY_OFF]}


@pytest.fixture
def admin(sign_in):
    return sign_in(make_staff(role=Role.ADMIN))


def days(caller, first, last=None):
    reply = caller.get(f"/v1/calendar/days?from={first}&to={last or first}")
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def test_a_day_shows_lunar_date_festivals_and_hours(admin):
    eve, day = days(admin, "2026-02-16", "2026-02-17")

    assert day["lunar"] == {
        "year": 2026,
        "month": 1,
        "day": 1,
        "is_leap": False,
        "text": "正月初一",
    }
    assert [f["key"] for f in eve["festivals"]] == ["new_years_eve"]
    assert [f["key"] for f in day["festivals"]] == ["spring_festival"]
    assert not day["is_workday"]
    assert day["working_hours"] == []
    assert day["starts_at"] == "2026-02-16T16:00:00Z"


def test_a_make_up_saturday_is_worked_with_its_break(admin):
    (day,) = days(admin, "2026-02-14")

    assert day["is_workday"]
    assert day["working_hours"] == [
        {"starts_at": "09:00", "ends_at": "12:00"},
        {"starts_at": "13:30", "ends_at": "18:00"},
    ]


@pytest.mark.parametrize("on", ["2026-04-05", "2026-08-27", "2026-11-09"])
def test_solemn_days_are_marked(admin, on):
    (day,) = days(admin, on)

    assert day["is_solemn"]
    assert [f["tone"] for f in day["festivals"]] == ["solemn"]


def test_a_loaded_notice_is_the_truth_of_its_year(admin):
    assert days(admin, "2031-02-08")[0]["is_arrangement_known"] is False

    reply = admin.put("/v1/calendar/arrangements/2031", json=NOTICE)

    assert reply.status_code == 200
    worked, off = days(admin, "2031-02-08")[0], days(admin, "2031-01-27")[0]
    assert (worked["is_workday"], worked["is_arrangement_known"]) == (True, True)
    assert off["is_workday"] is False
    # What the notice does not name follows the week, whatever the packaged table guessed.
    assert days(admin, "2031-05-01")[0]["is_workday"] is True
    assert admin.get("/v1/calendar/arrangements/2031").json["days"] == [DAY_OFF, MAKE_UP]


def test_a_notice_sent_again_replaces_the_former(admin):
    admin.put("/v1/calendar/arrangements/2031", json=NOTICE)

    reply = admin.put("/v1/calendar/arrangements/2031", json={**NOTICE, "days": [MAKE_UP]})

    assert reply.json["days"] == [MAKE_UP]


def test_a_notice_may_make_the_december_before_it_a_workday(admin):
    saturday = {"on": "2030-12-28", "is_workday": True, "name": "元旦调休"}

    admin.put("/v1/calendar/arrangements/2031", json={**NOTICE, "days": [saturday]})

    assert days(admin, "2030-12-28")[0]["is_workday"] is True


@pytest.mark.parametrize(
    ("day", "message"),
    [({**MAKE_UP, "on": "2032-02-08"}, "cannot name"), (DAY_OFF, "named twice")],
)
def test_a_notice_with_an_impossible_day_is_refused(admin, day, message):
    reply = admin.put("/v1/calendar/arrangements/2031", json={**NOTICE, "days": [DAY_OFF, day]})

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/days/1/on"
    assert message in reply.json["errors"][0]["message"]


def test_only_an_admin_loads_a_notice(sign_in):
    reply = sign_in(make_staff(role=Role.MANAGER)).put(
        "/v1/calendar/arrangements/2031", json=NOTICE
    )

    assert reply.status_code == 403


def test_a_year_without_a_notice_is_not_found(admin):
    assert admin.get("/v1/calendar/arrangements/2031").status_code == 404
    assert admin.get("/v1/calendar/arrangements/99999999999").status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-01-02&to=2026-01-01", "invalid"),
        ("from=2026-01-01&to=2027-01-02", "invalid"),
        ("from=1900-01-01&to=1900-01-02", "day_out_of_range"),
        ("from=2199-12-30&to=2199-12-31", "day_out_of_range"),
        ("from=0001-01-01&to=0001-01-01", "invalid"),
    ],
)
def test_a_span_that_cannot_be_shown_is_refused(admin, query, code):
    reply = admin.get(f"/v1/calendar/days?{query}")

    assert reply.status_code == 422
    assert reply.json["code"] == code


def test_the_last_days_of_the_tables_can_be_shown(admin):
    assert days(admin, "2100-12-31")[0]["lunar"]["month"] == 12


def test_the_festivals_of_a_year_come_by_day(admin, at):
    at(datetime(2026, 12, 31, 16, 30, tzinfo=UTC))  # already 2027 in Shanghai

    items = admin.get("/v1/calendar/festivals").json["items"]

    assert [f["on"] for f in items] == sorted(f["on"] for f in items)
    assert {f["on"][:4] for f in items} == {"2027"}
    assert {f["key"] for f in items} == {rule.key for rule in STANDARD}


def test_new_years_eve_and_qingming_fall_where_the_almanac_has_them(app):
    found = service.festivals_between(date(2026, 1, 1), date(2026, 12, 31))

    by_key = {f.key: f.on for f in found}
    db.session.rollback()
    assert by_key == {
        "new_year": date(2026, 1, 1),
        "new_years_eve": date(2026, 2, 16),
        "spring_festival": date(2026, 2, 17),
        "lantern": date(2026, 3, 3),
        "womens_day": date(2026, 3, 8),
        "qingming": date(2026, 4, 5),
        "labour_day": date(2026, 5, 1),
        "dragon_boat": date(2026, 6, 19),
        "qixi": date(2026, 8, 19),
        "zhongyuan": date(2026, 8, 27),
        "mid_autumn": date(2026, 9, 25),
        "national_day": date(2026, 10, 1),
        "double_ninth": date(2026, 10, 18),
        "hanyi": date(2026, 11, 9),
    }
