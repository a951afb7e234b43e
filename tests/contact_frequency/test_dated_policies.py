"""Policies with dates: in force from their first moment on, in every process, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.errors import PolicyLoosensTooMuch
from crm_api.contact_frequency.models import FrequencyPolicy, Slot
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
[TOTAL] = [rule for rule in DEFAULT_RULES if rule.key == "total_7_days"]
WHY = {"reason": "agreed", "by_id": "boss"}


def none_at_all(customer):
    """No contact with this customer whatsoever, beside whatever else is in force."""
    scope = {"scope_kind": ScopeKind.CUSTOMER, "scope_id": customer.id}
    return replace(
        TOTAL, key="quiet", **scope, limit=0, loosened_by=frozenset(), ceiling=None, loosens=None
    )


def lay_down(rule, *, start, now):
    when = {"effective_from": start, "now": now}
    return in_transaction(contact_frequency.create_policy, rule, **when, **WHY)


def change(key, rule, *, start, now, **changes):
    policy_id = db.session.scalar(sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == key))
    when = {"effective_from": start, "now": now, **changes}
    return in_transaction(contact_frequency.add_version, policy_id, rule, **when, **WHY)


def allowed(customer, moment, *, now):
    plan = make_plan(customer, moment, channel=Channel.EMAIL)
    return contact_frequency.preflight(plan, now=now).is_allowed


def test_it_speaks_from_its_first_moment_on_and_not_before(customer, now, at):
    tomorrow = now + DAY
    lay_down(none_at_all(customer), start=tomorrow, now=now)

    told = [allowed(customer, now + 2 * DAY, now=at(it)) for it in (tomorrow - TICK, tomorrow)]

    assert told == [True, False]


def test_what_was_planned_before_it_is_not_begun_after_it(customer, now, at):
    """The day before, the same contact goes out; and it says nothing of others."""
    lay_down(none_at_all(customer), start=now + DAY, now=now)
    early = reserve(make_plan(customer, now + HOUR))
    late = reserve(make_plan(customer, now + DAY + 2 * HOUR))
    other = reserve(make_plan(make_customer(), now + DAY + 2 * HOUR))
    assert not db.session.get_one(Slot, late.id).needs_new_plan

    at(now + HOUR)
    assert in_transaction(contact_frequency.begin_slots, [early.id]) == {early.id: None}
    at(now + DAY + 2 * HOUR)
    answers = in_transaction(contact_frequency.begin_slots, [late.id, other.id])

    assert answers[other.id] is None
    assert "quiet" in {reason.policy_key for reason in answers[late.id].reasons}


def test_the_version_that_took_effect_last_speaks_whichever_was_written_last(customer, now, at):
    """Written third, and in force before the second: that takes over on its day."""
    quiet = none_at_all(customer)
    lay_down(quiet, start=None, now=now)
    change("quiet", replace(quiet, limit=5), start=now + 3 * DAY, now=now)
    change("quiet", replace(quiet, limit=1), start=now + DAY, now=now)
    far = now + 20 * DAY

    told = [allowed(customer, far, now=at(now + days * DAY)) for days in (0, 1, 3)]
    reserve(make_plan(customer, far + 2 * DAY, channel=Channel.EMAIL))
    with_one = allowed(customer, far, now=now + 3 * DAY)

    assert told == [False, True, True]
    assert with_one
    assert not allowed(customer, far, now=now + 2 * DAY)


def test_of_two_that_begin_at_once_the_later_written_speaks(customer, now):
    quiet = none_at_all(customer)
    lay_down(quiet, start=None, now=now)

    change("quiet", replace(quiet, limit=5), start=None, now=now)

    assert allowed(customer, now + DAY, now=now)


def test_retired_from_tomorrow_it_holds_today(customer, now, at):
    quiet = none_at_all(customer)
    lay_down(quiet, start=None, now=now)
    change("quiet", quiet, start=now + DAY, now=now, is_retired=True)
    far = now + 9 * DAY

    told = [allowed(customer, far, now=at(it)) for it in (now, now + DAY - TICK, now + DAY)]

    assert told == [False, False, True]


def test_loosening_is_measured_by_what_is_in_force_on_its_own_first_day(customer, now):
    scope = {"scope_kind": ScopeKind.CUSTOMER, "scope_id": customer.id, "ceiling": None}
    own = replace(
        TOTAL, key="own", **scope, loosens="total_7_days", limit=5, loosened_by=frozenset()
    )
    open_to_all = replace(TOTAL, loosened_by=frozenset(ScopeKind), ceiling=5)
    change("total_7_days", open_to_all, start=now + DAY, now=now)
    change("total_7_days", replace(open_to_all, ceiling=2), start=now + 3 * DAY, now=now)

    for days in (0, 4):
        with pytest.raises(PolicyLoosensTooMuch):
            lay_down(own, start=now + days * DAY, now=now)
    assert lay_down(own, start=now + DAY, now=now).number == 1
