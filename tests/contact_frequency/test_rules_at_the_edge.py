"""Turns of the pure rules that no random history meets: each kills a mutant that did survive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_api.contact_frequency.policies import (
    DEFAULT_RULES,
    PolicyFrame,
    frame_from,
    ranking,
    search,
)
from crm_api.contact_frequency.policies.barriers import GRACE
from crm_api.contact_frequency.policies.facts import OptOutFact, OverrideFact, WishFact
from crm_api.contact_frequency.policies.limits import Barrier, Source
from crm_api.contact_frequency.policies.matching import in_force
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.policies.overriding import roles_of, waivers_of
from crm_api.contact_frequency.policies.rules import from_document, whole_document
from crm_api.contact_frequency.terms import (
    Period,
    ReasonCode,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.customers.terms import Category, Channel
from tests.contact_frequency.test_rules import DAY, NOW, SHANGHAI, judge, local, rule, slots

AT = micros(NOW)
HARD = Source(Strength.HARD)
GREEDY = rule(
    key="every member", period=Period.WEEK, waived_by=Waiver.DEADLINE, overridable_by=("admin",)
)


def test_full_days_in_a_row_are_one_forbidden_stretch():
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    taken = slots(*(local(SHANGHAI, 2026, 3, day, 12) for day in (4, 5, 6)))

    [reason] = judge(local(SHANGHAI, 2026, 3, 5, 9), daily, slots=taken).reasons

    assert reason.forbidden_from == local(SHANGHAI, 2026, 3, 4)
    assert reason.forbidden_until == local(SHANGHAI, 2026, 3, 7)


def test_two_exactly_a_width_apart_leave_room_between_them():
    taken = slots(NOW, NOW + 7 * DAY)

    assert judge(NOW + DAY, rule(limit=2, seconds=7 * 86_400), slots=taken).is_allowed


def test_reasons_stand_in_the_order_of_their_policies():
    caps = [rule(key=key, limit=1, seconds=86_400) for key in ("b", "c", "a")]

    decision = judge(NOW, *caps, slots=slots(NOW))

    assert [reason.policy_key for reason in decision.reasons] == ["a", "b", "c"]


def test_each_opt_out_covers_what_it_names():
    refusals = (
        OptOutFact(Channel.SMS, (Category.CARE,)),
        OptOutFact(Channel.CALL, (Category.SERVICE,)),
    )

    assert [r.code for r in judge(NOW, opt_outs=refusals).reasons] == ["opted_out"]


@pytest.mark.parametrize("hours", [(540, None), (None, 540)])
def test_a_wish_with_half_of_its_hours_covers_the_whole_day(hours):
    wish = WishFact(None, None, *hours)

    assert not judge(NOW + 11 * timedelta(hours=1), wishes=(wish,)).is_allowed


def test_quiet_from_an_hour_until_the_same_hour_is_a_whole_day():
    wish = WishFact(None, None, 540, 540, AT + 3 * 86_400_000_000)

    [reason] = judge(NOW, wishes=(wish,)).reasons

    assert reason.forbidden_until - reason.forbidden_from == DAY


def test_the_search_gives_up_once_it_is_past_the_horizon_and_not_at_it():
    last = AT + search.HORIZON
    barriers = [
        Barrier(HARD, ReasonCode.LEAVE_ALONE, None, last),
        Barrier(HARD, ReasonCode.LEAVE_ALONE, last, last + 1),
        Barrier(HARD, ReasonCode.DECEASED, last + 1),
    ]

    assert search.next_allowed(barriers, AT) == (None, ReasonCode.DECEASED)
    assert search.next_allowed(barriers[:1], AT) == (last, None)


def test_the_earlier_alternative_is_earlier():
    assert search.earlier_alternative([], AT, not_before=AT - 5) == AT - 1


@pytest.mark.parametrize("said", [*DEFAULT_RULES, GREEDY], ids=lambda r: r.key)
def test_a_rule_is_read_back_as_it_was_written(said):
    document = whole_document(said)

    assert from_document({**document, "from a later version": 1}) == said
    assert from_document(document, key="other").key == "other"


def test_a_frame_is_read_back_as_it_was_written():
    frame = PolicyFrame(
        rules=(GREEDY,),
        zone=ZoneInfo("Europe/Berlin"),
        solemn_days=frozenset({20_001}),
        workdays=frozenset({20_002, 20_003}),
    )

    again = frame_from(frame.content)

    assert again == frame
    assert again.digest == frame.digest
    assert len(frame.digest) == 64


@pytest.mark.parametrize(
    "less",
    [
        {"subjects": frozenset({SubjectKind.ENDPOINT})},
        {"channels": frozenset({Channel.SMS})},
        {"categories": frozenset({Category.CARE})},
        {"counted_channels": frozenset({Channel.SMS})},
        {"counted_categories": frozenset({Category.CARE})},
        {"seconds": 3_600},
        {"kind": RuleKind.MIN_GAP},
    ],
    ids=str,
)
def test_what_covers_less_stands_beside_the_broader_policy_and_never_in_its_place(less):
    broad = rule(key="broad", limit=1, seconds=86_400, loosened_by=frozenset({ScopeKind.TIER}))
    own = {"key": "own", "loosens": "broad", "scope_kind": ScopeKind.TIER, "scope_id": "standard"}
    narrow = replace(broad, **{**own, "limit": 9, **less})

    assert broad in in_force([broad, narrow], tier="standard", customer_id="c1")


def test_quiet_hours_end_with_the_wish_though_the_night_goes_on():
    midnight = local(SHANGHAI, 2026, 3, 4)
    wish = WishFact(None, None, 22 * 60, 7 * 60, micros(midnight))

    [reason] = judge(midnight - timedelta(hours=1), wishes=(wish,)).reasons

    assert reason.forbidden_until == midnight
    assert judge(midnight, wishes=(wish,)).is_allowed


def test_a_week_begins_on_monday():
    weekly = rule(RuleKind.CALENDAR, limit=1, period=Period.WEEK)
    sunday, monday = local(SHANGHAI, 2026, 3, 8, 12), local(SHANGHAI, 2026, 3, 9)

    [reason] = judge(sunday, weekly, slots=slots(sunday)).reasons

    assert reason.forbidden_until == monday
    assert judge(monday, weekly, slots=slots(sunday)).is_allowed


@pytest.mark.parametrize(("seconds", "bounded_to"), [(60, 1800), (1800, 1800), (7200, 7200)])
def test_a_gap_is_loosened_to_its_ceiling_and_no_farther(seconds, bounded_to):
    tier = frozenset({ScopeKind.TIER})
    broad = rule(RuleKind.MIN_GAP, key="gap", seconds=86_400, loosened_by=tier, ceiling=1800)
    own = {"key": "own", "loosens": "gap", "scope_kind": ScopeKind.TIER, "scope_id": "standard"}

    [found] = in_force(
        [broad, replace(broad, seconds=seconds, **own)], tier="standard", customer_id="c1"
    )

    assert found.seconds == bounded_to


@pytest.mark.parametrize(("greets", "becomes"), [(4, "coalesced"), (None, "preempted")])
def test_a_held_greeting_is_said_only_by_another_greeting(greets, becomes):
    [held] = slots(NOW + timedelta(hours=1), category=Category.CARE)
    held = replace(held, claim="09", occasion_class=6)
    plan = {"occasion_class": greets, "category": Category.CARE}

    decision = judge(NOW, rule(limit=1, seconds=86_400), slots=(held,), plan=plan)

    assert [(loser.slot.slot_id, loser.becomes) for loser in decision.losers] == [("s0", becomes)]


def test_of_two_held_only_the_weaker_falls_where_that_is_enough():
    strong, weak = slots(NOW + DAY, NOW + 2 * DAY)
    held = (replace(strong, claim="08"), replace(weak, claim="09"))

    decision = judge(NOW, rule(limit=2, seconds=7 * 86_400), slots=held)

    assert [loser.slot.slot_id for loser in decision.losers] == [weak.slot_id]


def test_what_the_customer_agreed_to_comes_first_in_its_class():
    agreed, other = (
        ranking.claim(
            Category.COMPLAINT,
            occasion_class=None,
            occasion_rank=0,
            is_agreed=is_agreed,
            not_after=None,
            made_at=NOW,
        )
        for is_agreed in (True, False)
    )

    assert agreed < other


def test_a_refused_greeting_is_said_by_another_only_if_no_hours_forbid_it():
    [greeting] = slots(NOW + timedelta(hours=1), category=Category.CARE)
    plan = {"occasion_class": 4, "category": Category.CARE}
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    shut = rule(RuleKind.WINDOW, key="hours", closes=60)
    said = {"slots": (replace(greeting, occasion_class=4),), "plan": plan}

    assert ranking.said_by(judge(NOW, daily, **said)) == greeting.slot_id
    assert ranking.said_by(judge(NOW, daily, shut, **said)) is None
    assert ranking.said_by(judge(NOW, daily, slots=slots(NOW), plan=plan)) is None
    assert ranking.said_by(judge(NOW, daily, shut, slots=slots(NOW), plan=plan)) is None


def given_leave(*waived, last=AT, role="manager"):
    return OverrideFact(
        id="o1", asked_by="x", approved_by="y", role=role, waives=waived, first=AT, last=last
    )


def test_an_override_sets_aside_what_it_names_and_nothing_else():
    caps = [rule(key=key, limit=1, seconds=86_400, overridable_by=("manager",)) for key in "ab"]

    leave = given_leave(("a", "c1"))
    decision = judge(NOW, *caps, slots=slots(NOW), facts={"override": leave})

    assert [r.policy_key for r in decision.reasons] == ["b"]
    assert [r.policy_key for r in decision.overridden] == ["a"]


@pytest.mark.parametrize(
    ("late", "role", "is_allowed"),
    [
        (0, "manager", True),
        (GRACE, "manager", True),
        (GRACE + 1, "manager", False),
        (-1, "manager", False),
        (0, "account_manager", False),
    ],
)
def test_an_override_is_for_its_moments_and_its_role(late, role, is_allowed):
    cap = rule(key="a", limit=1, seconds=86_400, overridable_by=("manager",))
    at = NOW + timedelta(microseconds=late)

    decision = judge(
        at, cap, slots=slots(NOW), facts={"override": given_leave(("a", "c1"), role=role)}
    )

    assert decision.is_allowed is is_allowed


def test_an_override_is_asked_of_what_is_firm():
    soft = rule(key="soft", strength=Strength.SOFT, limit=1, seconds=86_400)
    decision = judge(
        NOW,
        rule(key="hard", limit=1, seconds=86_400),
        soft,
        slots=slots(NOW),
        facts={"occurrence_slot": "s9"},
    )

    assert set(waivers_of(decision.document)) == {("hard", "c1"), ("occurrence_taken", "")}


def test_an_override_is_left_to_the_roles_that_may_set_all_of_it_aside():
    both = rule(key="a", limit=1, seconds=86_400, overridable_by=("manager", "admin"))
    one = rule(key="b", limit=1, seconds=86_400, overridable_by=("admin",))

    trace = judge(NOW, both, one, slots=slots(NOW)).document
    before = [{"overridable_by": ["manager", "admin"]}, {"overridable_by": ["manager"]}]

    assert trace["may_be_overridden_by"] == roles_of(trace) == ["admin"]
    assert roles_of({**trace, "overridden": before[:1]}) == ["admin"]
    assert roles_of({**trace, "overridden": before}) == []
