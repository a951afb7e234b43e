"""What is known of a person, whichever record says it: age, death, holds, wishes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.accounts.models import Team
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers.models import DoNotDisturbWish
from crm_api.customers.terms import Category, Channel, Kind, Status
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_audit import link
from tests.factories.contact_frequency import in_transaction, make_plan
from tests.factories.customers import make_customer

HOUR = timedelta(hours=1)
CHILD = date(2015, 6, 1)
BY_PEN = {"channel": Channel.EMAIL, "category": Category.CARE}


def blocked_by(customer, now, **changes):
    return blocked_at(customer, now + HOUR, now=now, **changes)


def blocked_at(customer, moment, *, now, **changes):
    plan = make_plan(customer, moment, **{**BY_PEN, **changes})
    return [str(reason.code) for reason in contact_frequency.preflight(plan, now=now).reasons]


def test_consent_opens_care_and_what_is_no_care_needs_none(now):
    child = make_customer(birth_on=CHILD)
    assert blocked_by(child, now) == ["minor_without_consent"]
    assert blocked_by(child, now, category=Category.MARKETING) == ["minor_without_consent"]
    assert blocked_by(child, now, category=Category.SERVICE) == []

    assert blocked_by(make_customer(birth_on=CHILD, has_guardian_consent=True), now) == []


def test_a_company_founded_lately_is_no_child(now):
    assert blocked_by(make_customer(kind=Kind.GROUP, birth_on=CHILD), now) == []


@pytest.mark.parametrize(
    ("born", "of_age_on"),
    [
        (date(2008, 3, 10), datetime(2026, 3, 9, 16, tzinfo=UTC)),  # midnight in Shanghai
        (date(2008, 2, 29), datetime(2026, 2, 28, 16, tzinfo=UTC)),  # there is none in 2026
    ],
)
def test_of_age_from_the_first_moment_of_the_birthday(now, at, born, of_age_on):
    child = make_customer(birth_on=born)
    before = at(of_age_on - timedelta(microseconds=1))

    assert "minor_without_consent" in blocked_at(child, before, now=before)
    assert "minor_without_consent" not in blocked_at(child, of_age_on, now=before)


def test_who_is_a_minor_in_one_record_is_one_in_all_that_are_the_same_person(now):
    child, also = make_customer(birth_on=CHILD), make_customer()
    link(child, also, at=now - HOUR)

    assert blocked_by(also, now) == ["minor_without_consent"]

    with transaction():
        db.session.get_one(type(also), also.id).has_guardian_consent = True
    assert blocked_by(also, now) == blocked_by(child, now) == []


def test_who_has_died_by_one_record_is_greeted_by_none(now):
    dead, also = make_customer(status=Status.DECEASED), make_customer()
    link(dead, also, at=now - HOUR)

    assert blocked_by(also, now) == ["deceased"]


def test_a_closed_account_closes_no_other(now):
    closed, also = make_customer(status=Status.CLOSED), make_customer()
    link(closed, also, at=now - HOUR)

    assert blocked_by(closed, now) == ["account_closed"]
    assert blocked_by(also, now) == []


def test_a_closed_record_makes_nobody_else_a_minor(now):
    """Such as one that was merged away, with a wrong day of birth."""
    wrong, right = make_customer(status=Status.CLOSED, birth_on=CHILD), make_customer()
    link(wrong, right, at=now - HOUR)

    assert blocked_by(right, now) == []
    assert "minor_without_consent" in blocked_by(wrong, now)


def test_who_is_left_alone_by_one_record_is_by_all(now):
    one, also = make_customer(), make_customer()
    link(one, also, at=now - HOUR)
    alone = {"customer_id": one.id, "reason": "A death in the family.", "by_id": None}

    in_transaction(contact_frequency.place_hold, HoldKind.LEAVE_ALONE, from_at=now, **alone)

    assert blocked_by(also, now) == ["leave_alone"]
    assert blocked_by(make_customer(), now) == []


def test_a_region_mourns_with_whoever_has_a_record_there(now):
    there, elsewhere = make_customer(), make_customer()
    assert there.team_id != elsewhere.team_id
    link(there, elsewhere, at=now - HOUR)
    region = {"team_path": db.session.get_one(Team, there.team_id).path, "by_id": None}

    in_transaction(
        contact_frequency.place_hold, HoldKind.MOURNING, from_at=now, reason="Flood.", **region
    )

    assert blocked_by(elsewhere, now) == ["mourning"]
    assert blocked_by(make_customer(), now) == []


def test_a_hold_ends_with_its_last_moment(now):
    one = make_customer()
    until = now + 3 * HOUR
    alone = {"customer_id": one.id, "reason": "On leave.", "by_id": None, "until_at": until}
    in_transaction(contact_frequency.place_hold, HoldKind.LEAVE_ALONE, from_at=now, **alone)

    tick = timedelta(microseconds=1)
    codes = [blocked_at(one, at, now=now) for at in (until - tick, until)]

    assert codes == [["leave_alone"], []]


def test_a_wish_holds_through_its_last_day_by_the_local_clock(now):
    one = make_customer()
    wish = {"channels": ["email"], "ends_on": date(2026, 3, 5), "created_at": now}
    with transaction():
        db.session.add(DoNotDisturbWish(customer_id=one.id, **wish))

    midnight = datetime(2026, 3, 5, 16, tzinfo=UTC)  # the 6th begins in Shanghai
    tick = timedelta(microseconds=1)
    codes = ["do_not_disturb" in blocked_at(one, at, now=now) for at in (midnight - tick, midnight)]

    assert codes == [True, False]
