"""What an override sets aside: each condition alone decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.policies.barriers import GRACE
from crm_api.contact_frequency.policies.facts import OverrideFact
from crm_api.contact_frequency.policies.limits import Barrier, Source
from crm_api.contact_frequency.policies.overriding import roles_of, sets_aside, waivers_of
from crm_api.contact_frequency.terms import ReasonCode, Strength, SubjectKind

FIRST, LAST = 10**15, 10**15 + 60_000_000
[GAP] = [rule for rule in DEFAULT_RULES if rule.key == "gap_24_hours"]
OVERRIDE = OverrideFact(
    id="o1",
    asked_by="ann",
    approved_by="max",
    role="manager",
    waives=(("gap_24_hours", "c1"), ("complaint_open", "c1")),
    first=FIRST,
    last=LAST,
)


def limit(rule=GAP, *, subject_id="c1", strength=Strength.HARD, code=ReasonCode.GAP_TOO_SHORT):
    roles = rule.overridable_by if rule else ("manager", "admin")
    return Barrier(Source(strength, rule, SubjectKind.CUSTOMER, subject_id, roles), code)


def is_set_aside(override, barrier, at=FIRST):
    return sets_aside(override, barrier, barrier.hit(at), at=at)


def test_what_the_approver_saw_is_set_aside():
    assert is_set_aside(OVERRIDE, limit())
    assert is_set_aside(OVERRIDE, limit(None, code=ReasonCode.COMPLAINT_OPEN))


def test_without_an_override_nothing_is():
    assert not is_set_aside(None, limit())


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (FIRST - 1, False),
        (FIRST, True),
        (LAST, True),
        (LAST + GRACE, True),  # a gateway that begins a little late
        (LAST + GRACE + 1, False),
    ],
)
def test_it_reaches_from_its_first_moment_to_a_little_after_its_last(at, expected):
    assert is_set_aside(OVERRIDE, limit(), at) is expected


def test_a_law_stands_even_if_it_says_that_somebody_may_override_it():
    assert not is_set_aside(OVERRIDE, limit(strength=Strength.LEGAL))


def test_what_its_approver_may_not_override_any_more_stands():
    stricter = replace(GAP, overridable_by=("admin",))

    assert not is_set_aside(OVERRIDE, limit(stricter))
    assert is_set_aside(replace(OVERRIDE, role="admin"), limit(stricter))


def test_another_policy_another_customer_and_another_code_stand():
    assert not is_set_aside(OVERRIDE, limit(replace(GAP, key="gap_48_hours")))
    assert not is_set_aside(OVERRIDE, limit(subject_id="c2"))
    assert not is_set_aside(OVERRIDE, limit(None, code=ReasonCode.LEAVE_ALONE))


def test_it_waives_all_that_blocked_and_no_warning():
    def reason(strength, policy_key, code):
        subject = {"kind": "customer", "id": "c1"}
        return {"strength": strength, "policy_key": policy_key, "code": code, "subject": subject}

    trace = {
        "reasons": [
            reason("hard", "gap_24_hours", "gap_too_short"),
            reason("hard", None, "complaint_open"),
            reason("soft", "visit_week", "period_cap_reached"),
        ]
    }

    assert waivers_of(trace) == [("gap_24_hours", "c1"), ("complaint_open", "c1")]


def test_who_may_set_all_of_it_aside_may_so_with_what_was_set_aside_before():
    trace = {
        "may_be_overridden_by": ["manager", "admin"],
        "overridden": [{"overridable_by": ["admin"]}],
    }

    assert roles_of(trace) == ["admin"]
    assert roles_of({"may_be_overridden_by": ["manager"]}) == ["manager"]
