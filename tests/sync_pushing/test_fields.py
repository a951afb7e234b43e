"""What is refused names the column that the app shows, however the online call calls it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories.contact_frequency import keep_default_policies
from tests.sync_pushing.phone import ms, send
from tests.sync_pushing.visits import (
    HOUR,
    a_touch,
    a_visit,
    an_objective,
    created,
    made,
    recorded,
)

DAY = timedelta(days=1)
LONG = "x" * 2_001


@pytest.fixture(autouse=True)
def policies(owner, moment):
    keep_default_policies(moment - 30 * DAY)


def fields(reply):
    return [(r["code"], r["field"]) for r in reply["rejections"]]


@pytest.mark.parametrize(
    ("step", "told", "column"),
    [
        ("confirmed_at", {"confirmed_by": "", "confirmed_how": "call"}, "confirmed_by"),
        ("confirmed_at", {"confirmed_by": "Mr Wu", "confirmed_how": "pigeon"}, "confirmed_how"),
        ("cancelled_at", {"cancelled_by": "nobody"}, "cancelled_by"),
        ("cancelled_at", {"cancel_reason": LONG}, "cancel_reason"),
        ("missed_at", {"absent": "both"}, "absent"),
        ("missed_at", {"absent": "customer", "absence_proof": LONG}, "absence_proof"),
    ],
)
def test_a_step_of_a_visit_names_its_own_columns(phone, customer, moment, *, step, told, column):
    began = moment - 2 * HOUR
    row = a_visit(customer, starts_at=began, **{step: ms(moment)}, **told)

    assert fields(send(phone, created(visits=[row]))) == [("invalid", column)]


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"leave_alone_until": "soon"}, "leave_alone_until"),
        ({"leave_alone_reason": LONG}, "leave_alone_reason"),
        ({"summary": "x" * 20_001}, "summary"),
        ({"sections": '{"gossip": "None."}'}, "sections"),
    ],
)
def test_a_record_names_its_own_columns(phone, customer, moment, told, column):
    began = moment - 2 * HOUR
    row = a_visit(customer, starts_at=began, **made(began), **{**recorded(began), **told})

    assert fields(send(phone, created(visits=[row]))) == [("invalid", column)]


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"outcome": "met", "outcome_note": "x" * 2_001}, "outcome_note"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"text": ""}, "text"),
    ],
)
def test_an_objective_names_its_own_columns(phone, customer, moment, told, column):
    visit = a_visit(customer, starts_at=moment + DAY)

    reply = send(phone, created(visits=[visit], visit_objectives=[an_objective(**told)]))

    assert fields(reply) == [("invalid", column)]


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"channel": None}, "channel"),
        ({"channel": "pigeon"}, "channel"),
        ({"contact_at": None}, "contact_at"),
        ({"category": "gossip"}, "category"),
        ({"channel": "visit", "is_next_touch": False}, "channel"),
        ({"due_on": "soon"}, "due_on"),
    ],
)
def test_a_task_names_its_own_columns(phone, customer, moment, told, column):
    began = moment - 2 * HOUR
    visit = a_visit(customer, starts_at=began, **made(began))
    touch = {**a_touch(moment + 8 * DAY), **told}

    reply = send(phone, created(visits=[visit], follow_ups=[touch]))

    assert fields(reply) == [("invalid", column)]


def test_a_next_visit_too_far_ahead_names_the_moment_of_the_touch(phone, customer, moment):
    """It is planned as any visit is, whose own words for that are others."""
    began = moment - 2 * HOUR
    visit = a_visit(customer, starts_at=began, **made(began))
    touch = a_touch(moment + 800 * DAY, channel="visit")

    reply = send(phone, created(visits=[visit], follow_ups=[touch]))

    assert fields(reply) == [("invalid", "contact_at")]


@pytest.mark.parametrize(
    ("told", "column"),
    [
        ({"due_on": "2027-01-01", "moved_because": LONG}, "moved_because"),
        ({"kept_at": 1, "kept_how": LONG}, "kept_how"),
        ({"withdrawn_at": 1, "withdrawn_because": LONG}, "withdrawn_because"),
        ({"due_on": "soon"}, "due_on"),
    ],
)
def test_a_promise_names_its_own_columns(phone, customer, told, column):
    row = {"id": "p-1", "customer_id": customer.id, "text": "Send it.", "due_on": "2026-04-05"}
    phone.push("promises", created=[{**row, "visit_id": None, "contact_id": None}])

    assert fields(phone.push("promises", updated=[("p-1", told)])) == [("invalid", column)]
