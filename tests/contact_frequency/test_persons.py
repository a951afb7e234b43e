"""What is known of a person, whichever record says it: age, a guardian's consent, death."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.terms import Category, Channel, Kind, Status
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_audit import link
from tests.factories.contact_frequency import make_plan
from tests.factories.customers import make_customer

HOUR = timedelta(hours=1)
CHILD = date(2015, 6, 1)
BY_PEN = {"channel": Channel.EMAIL, "category": Category.CARE}


def blocked_by(customer, now, **changes):
    plan = make_plan(customer, now + HOUR, **{**BY_PEN, **changes})
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
    evening = {"channel": Channel.EMAIL, "category": Category.CARE}
    before = at(of_age_on - timedelta(microseconds=1))
    codes = {
        moment: {
            r.code
            for r in contact_frequency.preflight(
                make_plan(child, moment, **evening), now=before
            ).reasons
        }
        for moment in (before, of_age_on)
    }

    assert "minor_without_consent" in codes[before]
    assert "minor_without_consent" not in codes[of_age_on]


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
