"""The edges of time."""

from datetime import timedelta

import pytest

from tests.factories.visits import a_record, made, plan, planned, step

DAY = timedelta(days=1)


def test_nobody_plans_years_ahead(field):
    reply = plan(field.caller, field.customer, starts_at=field.now + 60_000 * DAY)

    assert reply.status_code == 422, reply.json


def test_nobody_moves_years_ahead(field):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    then = field.now + 60_000 * DAY

    reply = step(
        field.caller,
        visit,
        "schedule",
        starts_at=then.isoformat(),
        ends_at=(then + timedelta(hours=1)).isoformat(),
    )

    assert reply.status_code == 422, reply.json


@pytest.mark.parametrize("days", [1, 100, 40_000])
def test_an_arrival_told_late_is_a_fact(field, days):
    visit = planned(
        field.caller, field.customer, starts_at=field.now - days * DAY, is_unannounced=True
    )

    reply = step(field.caller, visit, "check-in", at=(field.now - days * DAY).isoformat())

    assert (reply.status_code, reply.json["verdict"]) == (200, "unverified")
    assert "told_afterwards" in reply.json["verdict_reasons"]
    assert step(field.caller, visit, "check-out").status_code == 200


def test_follow_ups_years_ahead_are_refused(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)
    out = made(field.caller, visit)
    task = {
        "text": "Ring.",
        "due_on": "2199-01-01",
        "contact": {"channel": "call", "at": "2199-01-01T02:00:00Z"},
    }

    reply = step(field.caller, out, "record", **a_record(out, follow_ups=[task]))

    assert reply.status_code == 422, reply.json
    assert reply.json["errors"][0]["pointer"] == "/follow_ups/0/contact/at"


def test_a_hold_may_last(field):
    visit = planned(field.caller, field.customer, starts_at=field.now, is_unannounced=True)
    out = made(field.caller, visit)

    reply = step(
        field.caller,
        out,
        "record",
        **a_record(out, leave_alone={"until": "2199-12-31", "reason": "They said never."}),
    )

    assert reply.status_code == 200, reply.json
