"""The pure rules: each kind, its boundary instants, and days on which the clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_api.contact_frequency.policies import DEFAULT_RULES, PolicyFrame, Rule, decide
from crm_api.contact_frequency.policies.facts import (
    EndpointFacts,
    Facts,
    HoldFact,
    OptOutFact,
    PersonFacts,
    SlotFact,
    WishFact,
)
from crm_api.contact_frequency.policies.matching import in_force
from crm_api.contact_frequency.policies.moments import clock_time, day_number, micros, moment_of
from crm_api.contact_frequency.terms import (
    Counting,
    HoldKind,
    Period,
    RuleKind,
    ScopeKind,
    Strength,
    SubjectKind,
    Verdict,
)
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


def rule(kind=RuleKind.ROLLING, **changes):
    return Rule(**{"key": "r", "kind": kind, "strength": Strength.HARD, **changes})


def slots(*moments, **changes):
    facts = {"channel": Channel.CALL, "category": Category.SERVICE, **changes}
    return tuple(
        SlotFact(
            f"s{n}",
            micros(at),
            facts["channel"],
            facts["category"],
            facts.get("unit") or f"s{n}",
            facts.get("counting", Counting.FULL),
        )
        for n, at in enumerate(sorted(moments))
    )


def judge(at, *rules, zone=SHANGHAI, now=NOW, plan=None, facts=None, solemn=(), **person):
    frame = PolicyFrame(
        rules=rules, zone=zone, solemn_days=frozenset(day_number(day) for day in solemn)
    )
    wanted = {"channel": Channel.CALL, "category": Category.SERVICE, **(plan or {})}
    someone = PersonFacts(**{"customer_id": "c1", "tier": "standard", **person})
    known = Facts(persons=(someone,), **(facts or {}))
    return decide(Plan(customer_id="c1", at=at, **wanted), known, frame, now)


def local(zone, *parts):
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


TWO_A_WEEK = rule(limit=2, seconds=7 * 86_400)


@pytest.mark.parametrize(
    ("at", "is_allowed"),
    [
        (NOW + 7 * DAY, True),
        (NOW + 7 * DAY - TICK, False),
        (NOW + 2 * DAY - 7 * DAY, True),
        (NOW + 2 * DAY - 7 * DAY + TICK, False),
        (NOW + DAY, False),
    ],
)
def test_a_third_contact_may_lie_exactly_a_width_from_the_first_of_two(at, is_allowed):
    decision = judge(at, TWO_A_WEEK, now=NOW - 10 * DAY, slots=slots(NOW, NOW + 2 * DAY))

    assert decision.is_allowed is is_allowed


def test_two_that_lie_a_width_apart_forbid_nothing():
    assert judge(NOW + 3 * DAY, TWO_A_WEEK, slots=slots(NOW, NOW + 7 * DAY)).is_allowed


def test_none_allowed_is_not_the_same_as_no_cap():
    assert judge(NOW).is_allowed
    decision = judge(NOW, rule(limit=0, seconds=1))

    assert [r.code for r in decision.reasons] == ["never_allowed"]
    assert decision.next_allowed_at is None
    assert decision.no_next_because == "never_allowed"


def test_a_day_begins_at_local_midnight():
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    late = local(SHANGHAI, 2026, 3, 3, 23, 59)

    assert judge(local(SHANGHAI, 2026, 3, 4), daily, slots=slots(late)).is_allowed
    decision = judge(local(SHANGHAI, 2026, 3, 3, 12), daily, slots=slots(late))
    assert decision.next_allowed_at == local(SHANGHAI, 2026, 3, 4)
    assert decision.earlier_alternative_at is None


def test_the_last_moment_before_a_full_day_is_its_eve():
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    noon = local(SHANGHAI, 2026, 3, 6, 12)

    decision = judge(noon, daily, slots=slots(noon))

    assert decision.earlier_alternative_at == local(SHANGHAI, 2026, 3, 6) - TICK


@pytest.mark.parametrize(
    ("period", "first", "free"),
    [
        (Period.WEEK, (2026, 3, 5), (2026, 3, 9)),  # a Thursday; weeks begin on Monday
        (Period.MONTH, (2026, 3, 5), (2026, 4, 1)),
        (Period.MONTH, (2026, 12, 5), (2027, 1, 1)),
    ],
)
def test_a_full_period_forbids_itself_only(period, first, free):
    capped = rule(RuleKind.CALENDAR, limit=1, period=period)
    taken = local(SHANGHAI, *first, 10)

    decision = judge(taken + HOUR, capped, slots=slots(taken))

    assert decision.next_allowed_at == local(SHANGHAI, *free)


def test_rolling_days_count_local_days_whatever_the_hour():
    capped = rule(RuleKind.ROLLING_DAYS, limit=1, days=3)
    taken = local(SHANGHAI, 2026, 3, 10, 20)

    free = local(SHANGHAI, 2026, 3, 13)
    assert judge(free, capped, slots=slots(taken)).is_allowed
    assert judge(free - TICK, capped, slots=slots(taken)).next_allowed_at == free
    assert judge(local(SHANGHAI, 2026, 3, 8), capped, slots=slots(taken)).next_allowed_at == free
    assert judge(local(SHANGHAI, 2026, 3, 8) - TICK, capped, slots=slots(taken)).is_allowed


@pytest.mark.parametrize(
    ("day", "hours"),
    [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)],
)
def test_a_local_day_is_as_long_as_the_clock_makes_it(day, hours):
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    start = local(BERLIN, *day)

    decision = judge(start, daily, zone=BERLIN, slots=slots(start))

    assert decision.next_allowed_at == start + hours * HOUR


def test_a_midnight_that_the_clock_skips_still_begins_its_day():
    havana = ZoneInfo("America/Havana")  # 8 March 2026: from 00:00 to 01:00
    daily = rule(RuleKind.CALENDAR, limit=1, period=Period.DAY)
    taken = local(havana, 2026, 3, 7, 12)

    decision = judge(taken, daily, zone=havana, slots=slots(taken))

    assert decision.next_allowed_at == local(havana, 2026, 3, 8, 1)


def test_hours_are_half_open():
    hours = rule(RuleKind.WINDOW, opens=8 * 60, closes=21 * 60)

    assert judge(local(SHANGHAI, 2026, 3, 4, 8), hours).is_allowed
    assert judge(local(SHANGHAI, 2026, 3, 4, 21) - TICK, hours).is_allowed
    late = judge(local(SHANGHAI, 2026, 3, 4, 21), hours)
    assert [r.code for r in late.reasons] == ["outside_hours"]
    assert late.reasons[0].forbidden_from == local(SHANGHAI, 2026, 3, 4, 21)
    assert late.next_allowed_at == local(SHANGHAI, 2026, 3, 5, 8)
    assert late.earlier_alternative_at == local(SHANGHAI, 2026, 3, 4, 21) - TICK


def test_hours_follow_the_clock_when_it_changes():
    hours = rule(RuleKind.WINDOW, opens=8 * 60, closes=21 * 60)

    decision = judge(local(BERLIN, 2026, 3, 28, 22), hours, zone=BERLIN)

    assert decision.next_allowed_at == local(BERLIN, 2026, 3, 29, 8)


def test_weekdays_solemn_days_and_both():
    hours = rule(
        RuleKind.WINDOW,
        opens=8 * 60,
        closes=21 * 60,
        weekdays=frozenset({1, 2, 3, 4, 5}),
        closed_on_solemn_days=True,
    )
    friday_night = local(SHANGHAI, 2026, 4, 3, 22)

    decision = judge(friday_night, hours, solemn=[date(2026, 4, 6)])

    assert decision.next_allowed_at == local(SHANGHAI, 2026, 4, 7, 8)
    solemn = judge(local(SHANGHAI, 2026, 4, 6, 10), hours, solemn=[date(2026, 4, 6)])
    assert [r.code for r in solemn.reasons] == ["solemn_day"]


def test_workdays_only():
    hours = rule(RuleKind.WINDOW, workdays_only=True)
    frame = PolicyFrame(
        rules=(hours,), zone=SHANGHAI, workdays=frozenset({day_number(date(2026, 3, 9))})
    )
    plan = Plan(customer_id="c", channel=Channel.CALL, category=Category.SERVICE, at=NOW)
    facts = Facts(persons=(PersonFacts(customer_id="c", tier="standard"),))

    decision = decide(plan, facts, frame, NOW)

    assert [r.code for r in decision.reasons] == ["not_a_workday"]
    assert decision.next_allowed_at == local(SHANGHAI, 2026, 3, 9)


def test_beyond_400_days_there_is_no_next_moment():
    never = rule(RuleKind.WINDOW, weekdays=frozenset())

    decision = judge(NOW, never)

    assert decision.next_allowed_at is None
    far = judge(NOW, holds=(_leave_alone(NOW + 401 * DAY),), plan={"category": Category.CARE})
    assert far.next_allowed_at is None
    assert far.no_next_because == "beyond_horizon"
    near = judge(NOW, holds=(_leave_alone(NOW + 400 * DAY),), plan={"category": Category.CARE})
    assert near.next_allowed_at == NOW + 400 * DAY


@pytest.mark.parametrize("days", [10, 401])
def test_where_the_last_moment_comes_first_it_is_named(days):
    """Not beyond our horizon: past what the plan itself allows."""
    plan = {"category": Category.CARE, "not_after": NOW + DAY}

    decision = judge(NOW, holds=(_leave_alone(NOW + days * DAY),), plan=plan)

    assert [r.code for r in decision.reasons] == ["leave_alone"]
    assert decision.next_allowed_at is None
    assert decision.no_next_because == "after_last_moment"


def _leave_alone(until):
    return HoldFact(HoldKind.LEAVE_ALONE, micros(NOW - DAY), micros(until))


def test_what_blocks_and_what_counts_are_two_sets():
    capped = rule(
        limit=1,
        seconds=86_400,
        categories=frozenset({Category.MARKETING}),
        counted_categories=frozenset({Category.COMPLAINT, Category.MARKETING}),
    )
    complaint = slots(NOW - HOUR, category=Category.COMPLAINT)

    assert not judge(NOW, capped, slots=complaint, plan={"category": Category.MARKETING}).is_allowed
    exempt = judge(NOW, capped, slots=complaint, plan={"category": Category.COMPLAINT})
    assert exempt.verdict is Verdict.ALLOWED
    assert [r.policy_key for r in exempt.exceeded] == ["r"]
    assert judge(
        NOW, capped, slots=slots(NOW - HOUR), plan={"category": Category.MARKETING}
    ).is_allowed


def test_a_soft_policy_warns():
    decision = judge(NOW, rule(limit=1, seconds=60, strength=Strength.SOFT), slots=slots(NOW))

    assert decision.verdict is Verdict.ALLOWED_WITH_WARNING
    assert decision.next_allowed_at == NOW


@pytest.mark.parametrize(
    ("counting", "counted_channels", "is_allowed"),
    [
        (Counting.ANY_ONLY, frozenset(Channel), False),
        (Counting.ANY_ONLY, frozenset({Channel.CALL}), True),
        (Counting.VISIT_ONLY, frozenset({Channel.VISIT}), False),
        (Counting.VISIT_ONLY, frozenset(Channel), True),
    ],
)
def test_unanswered_and_absent_count_for_fewer_caps(counting, counted_channels, is_allowed):
    capped = rule(limit=1, seconds=86_400, counted_channels=counted_channels)
    channel = Channel.CALL if counting is Counting.ANY_ONLY else Channel.VISIT

    decision = judge(NOW, capped, slots=slots(NOW - HOUR, channel=channel, counting=counting))

    assert decision.is_allowed is is_allowed


def test_all_that_belongs_to_one_visit_counts_once():
    around = slots(NOW - HOUR, NOW, NOW + HOUR, unit="v1")

    assert judge(NOW + 2 * DAY, TWO_A_WEEK, slots=around).is_allowed
    assert not judge(NOW + 2 * DAY, rule(limit=1, seconds=7 * 86_400), slots=around).is_allowed
    own = judge(NOW, rule(RuleKind.MIN_GAP, seconds=86_400), slots=around, plan={"visit_id": "v1"})
    assert own.is_allowed


def test_thanks_belong_to_the_visit_for_48_hours():
    gap = rule(RuleKind.MIN_GAP, seconds=10 * 86_400)
    visit = slots(NOW, channel=Channel.VISIT, unit="v1")
    told = {"visit_at": micros(NOW), "visit_contacts": 1}

    in_time = judge(NOW + 2 * DAY, gap, slots=visit, plan={"visit_id": "v1"}, facts=told)
    late = judge(NOW + 2 * DAY + TICK, gap, slots=visit, plan={"visit_id": "v1"}, facts=told)

    assert in_time.is_allowed
    assert [r.code for r in late.reasons] == ["gap_too_short"]


def test_a_number_is_a_subject_of_its_own():
    endpoint = EndpointFacts(label="*1", slots=slots(NOW - HOUR))
    capped = rule(limit=1, seconds=86_400, subjects=frozenset({SubjectKind.ENDPOINT}))

    assert not judge(NOW, capped, facts={"endpoint": endpoint}).is_allowed
    assert judge(
        NOW, capped, facts={"endpoint": endpoint}, plan={"channel": Channel.WECHAT}
    ).is_allowed


@pytest.mark.parametrize(
    ("wish", "category", "is_allowed"),
    [
        (WishFact(), Category.CARE, False),
        (WishFact(), Category.SERVICE, False),
        (WishFact(), Category.PAYMENT, True),
        (WishFact(categories=(Category.PAYMENT,)), Category.PAYMENT, False),
        (WishFact(categories=(Category.STATUTORY,)), Category.STATUTORY, True),
        (WishFact(categories=(Category.COMPLAINT,)), Category.COMPLAINT, False),
        (WishFact(), Category.COMPLAINT, True),
        (WishFact(channels=(Channel.SMS,)), Category.CARE, True),
        (WishFact(until=micros(NOW)), Category.CARE, True),
    ],
)
def test_what_a_wish_covers(wish, category, is_allowed):
    assert judge(NOW, wishes=(wish,), plan={"category": category}).is_allowed is is_allowed


def test_quiet_hours_may_pass_midnight():
    wish = WishFact(quiet_from=22 * 60, quiet_until=7 * 60)

    for hour, is_allowed in ((21, True), (22, False), (3, False), (7, True)):
        at = local(SHANGHAI, 2026, 3, 5, hour)
        assert judge(at, wishes=(wish,)).is_allowed is is_allowed
    night = judge(local(SHANGHAI, 2026, 3, 5, 23), wishes=(wish,))
    assert night.next_allowed_at == local(SHANGHAI, 2026, 3, 6, 7)
    assert night.earlier_alternative_at == local(SHANGHAI, 2026, 3, 5, 22) - TICK


def test_an_opt_out_covers_its_channel_and_categories():
    refusal = (OptOutFact(Channel.SMS, (Category.CARE, Category.MARKETING)),)
    sms = {"channel": Channel.SMS, "category": Category.CARE}

    assert not judge(NOW, opt_outs=refusal, plan=sms).is_allowed
    assert judge(NOW, opt_outs=refusal, plan={**sms, "category": Category.SERVICE}).is_allowed
    assert judge(NOW, opt_outs=refusal, plan={**sms, "channel": Channel.CALL}).is_allowed
    by_number = {"endpoint": EndpointFacts(label="*1", opt_outs=refusal)}
    assert not judge(NOW, facts=by_number, plan=sms).is_allowed


@pytest.mark.parametrize(
    "standing",
    [
        {"is_closed": True},
        {"is_deceased": True},
        {"consent_due_until": micros(NOW + DAY)},
        {"holds": (HoldFact(HoldKind.MOURNING, micros(NOW - DAY)),)},
    ],
)
def test_care_and_marketing_rest_and_nothing_else(standing):
    for category in Category:
        rests = category in (Category.CARE, Category.MARKETING)
        assert judge(NOW, plan={"category": category}, **standing).is_allowed is not rests


def test_the_reason_that_lasts_longest_binds():
    decision = judge(
        NOW,
        rule(RuleKind.MIN_GAP, key="gap", seconds=86_400),
        replace(TWO_A_WEEK, key="week"),
        slots=slots(NOW - 2 * HOUR, NOW - HOUR),
    )

    assert decision.reasons[decision.binding].policy_key == "week"
    assert decision.next_allowed_at == NOW - 2 * HOUR + 7 * DAY


def test_other_channels_are_told_with_their_moments():
    calls = rule(
        limit=1,
        seconds=86_400,
        channels=frozenset({Channel.CALL}),
        counted_channels=frozenset({Channel.CALL}),
    )

    decision = judge(NOW, calls, slots=slots(NOW - HOUR))

    assert {c.channel: c.next_allowed_at for c in decision.other_channels} == dict.fromkeys(
        set(Channel) - {Channel.CALL}, NOW
    )


def test_who_may_override_is_who_may_override_all():
    soft_hearted = rule(limit=1, seconds=86_400, overridable_by=("account_manager", "manager"))
    strict = rule(key="s", limit=1, seconds=86_400, overridable_by=("manager", "admin"))
    legal = rule(key="l", limit=1, seconds=86_400, strength=Strength.LEGAL)
    taken = slots(NOW - HOUR)

    assert judge(NOW, soft_hearted, strict, slots=taken).overridable_by == ("manager",)
    assert judge(NOW, soft_hearted, strict, legal, slots=taken).overridable_by == ()


BROAD = rule(
    key="broad",
    limit=2,
    seconds=86_400,
    loosened_by=frozenset({ScopeKind.TIER}),
    ceiling=4,
)


def _narrow(limit, **changes):
    facts = {"scope_kind": ScopeKind.TIER, "scope_id": "gold", "loosens": "broad", **changes}
    return replace(BROAD, key="narrow", limit=limit, loosened_by=frozenset(), **facts)


@pytest.mark.parametrize(
    ("narrow", "expected"),
    [
        (_narrow(3), {("narrow", 3)}),
        (_narrow(9), {("narrow", 4)}),
        (_narrow(1), {("narrow", 1)}),
        (_narrow(3, scope_id="vip"), {("broad", 2)}),
        (_narrow(3, seconds=60), {("broad", 2), ("narrow", 3)}),
        (_narrow(3, loosens=None), {("broad", 2), ("narrow", 3)}),
        (
            _narrow(3, scope_kind=ScopeKind.CUSTOMER, scope_id="c1"),
            {("broad", 2), ("narrow", 3)},
        ),
    ],
)
def test_a_narrower_policy_loosens_only_where_it_may(narrow, expected):
    found = in_force((BROAD, narrow), tier="gold", customer_id="c1")

    assert {(r.key, r.limit) for r in found} == expected


@pytest.mark.parametrize(
    ("category", "changes", "hour", "is_allowed"),
    [
        (Category.CARE, {}, 8, False),
        (Category.CARE, {}, 9, True),
        (Category.CARE, {}, 20, False),
        (Category.SERVICE, {}, 8, True),
        (Category.SERVICE, {}, 21, False),
        (Category.COMPLAINT, {}, 22, False),
        (Category.COMPLAINT, {"is_agreed": True}, 22, True),
        (Category.SERVICE, {"is_agreed": True}, 22, False),
        (Category.STATUTORY, {}, 22, False),
        (Category.STATUTORY, {"not_after": NOW + 30 * DAY}, 22, True),
        (Category.PAYMENT, {}, 7, False),
        (Category.MARKETING, {}, 12, True),
    ],
)
def test_the_hours_we_ship(category, changes, hour, is_allowed):
    at = local(SHANGHAI, 2026, 3, 5, hour)

    decision = judge(at, *DEFAULT_RULES, plan={"category": category, **changes})

    assert decision.is_allowed is is_allowed


def test_no_greeting_and_no_marketing_on_a_solemn_day():
    qingming = [date(2026, 4, 5)]
    noon = local(SHANGHAI, 2026, 4, 5, 12)

    def verdict(category, **changes):
        wanted = {"category": category, "channel": Channel.WECHAT, **changes}
        return judge(noon, *DEFAULT_RULES, solemn=qingming, plan=wanted).is_allowed

    assert not verdict(Category.MARKETING)
    assert not verdict(Category.CARE, occurrence="birthday:1")
    assert verdict(Category.CARE)
    assert verdict(Category.SERVICE)


@pytest.mark.parametrize(
    ("zone", "on", "minutes", "shown"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T03:00:00+02:00"),
        ("America/New_York", date(2026, 3, 8), 150, "2026-03-08T03:00:00-04:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, "2026-10-04T02:30:00+11:00"),
        ("Africa/Cairo", date(2026, 4, 24), 0, "2026-04-24T01:00:00+03:00"),
        ("Pacific/Apia", date(2011, 12, 30), 0, "2011-12-31T00:00:00+14:00"),
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T02:30:00+02:00"),
        ("Asia/Shanghai", date(2026, 3, 3), 540, "2026-03-03T09:00:00+08:00"),
    ],
)
def test_a_time_that_the_clock_skips_is_the_moment_of_the_skip(zone, on, minutes, shown):
    value = clock_time(day_number(on), minutes, ZoneInfo(zone))

    assert moment_of(value) == datetime.fromisoformat(shown)


def scoped(key, kind, loosens=None, *, lets=(), **changes):
    amounts = {"limit": 9, "seconds": 86_400, "scope_id": "mine", **changes}
    loosened_by = frozenset(map(ScopeKind, lets))
    named = {"key": key, "scope_kind": ScopeKind(kind), "loosens": loosens}
    return rule(**named, loosened_by=loosened_by, **amounts)


def mine_of(*rules):
    own = {"tier": "mine", "customer_id": "mine", "segments": ("mine",)}
    return [(found.key, found.limit) for found in in_force(rules, **own)]


def test_a_frame_knows_the_segments_that_its_policies_name():
    frame = PolicyFrame(rules=(rule(), scoped("s", "segment")), zone=SHANGHAI)

    assert frame.segment_ids == {"mine"}
    assert PolicyFrame(rules=(rule(),), zone=SHANGHAI).segment_ids == set()


def test_what_stands_beside_a_line_goes_no_farther_than_its_broadest():
    """The tier took the place of all; what its own line did not let in is bounded all the same."""
    everybody = scoped("a", "organisation", scope_id="", limit=2, lets=["tier"], ceiling=3)
    tier, segment = scoped("b", "tier", "a"), scoped("c", "segment", "b")
    customer = scoped("d", "customer", "c")

    assert mine_of(everybody, tier, segment, customer) == [("b", 3), ("c", 3), ("d", 3)]


def test_who_took_a_place_is_told_before_who_stands_beside_it():
    everybody = scoped("a", "organisation", scope_id="", limit=2, lets=["tier"])

    told = mine_of(everybody, scoped("b", "tier", "a"), scoped("c", "customer", "a"))

    assert told == [("b", 9), ("c", 9)]
