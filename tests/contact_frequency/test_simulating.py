"""A simulation in a few statements finds what the pure rules find slot by slot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from crm_api.contact_frequency.desk.service.simulating import simulate
from crm_api.contact_frequency.desk.values import Comparison
from crm_api.contact_frequency.policies import DEFAULT_RULES, PolicyFrame, Rule
from crm_api.contact_frequency.policies.matching import in_force
from crm_api.contact_frequency.policies.moments import day_number
from crm_api.contact_frequency.terms import (
    Counting,
    Period,
    RuleKind,
    ScopeKind,
    SlotState,
    Strength,
    SubjectKind,
    Waiver,
)
from crm_api.contact_frequency.values import Plan
from crm_api.customers.models import Segment
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import db
from crm_api.kit.transactions import reading_apart, transaction
from tests.contact_frequency.ledgers import MICROSECOND, Made, Person, Slowly, write
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
SEGMENTS = ["few", "many"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
SOLEMN = frozenset({day_number((NOW + 3 * DAY).date()), day_number((NOW - 20 * DAY).date())})


@pytest.fixture
def people(app):
    """One person known twice, two on one number, and a neighbour; of three tiers, two segments."""
    clerk = make_staff(team=make_team())
    made = [
        make_customer(clerk, person_id="one", plan_name="a"),
        make_customer(clerk, person_id="one", tier=Tier.GOLD, phone="+8613800000001"),
        make_customer(clerk, phone="+8613800000001"),
        make_customer(clerk, tier=Tier.DIAMOND, plan_name="a"),
    ]
    asked = {"few": {"plan_names": ["a"]}, "many": {"tiers": ["standard", "diamond"]}}
    with transaction():
        db.session.add_all(
            Segment(
                id=name,
                team_id=clerk.team_id,
                owner_id=clerk.id,
                name=name,
                criteria=criteria,
                created_at=NOW,
            )
            for name, criteria in asked.items()
        )
    whose = (("few", "many"), (), ("many",), ("few", "many"))
    return [
        Person(c.id, c.tier, c.phone, c.person_id, segments)
        for c, segments in zip(made, whose, strict=True)
    ]


def moments_around():
    """Moments that lie exactly a width, or a microsecond less or more, from one another."""
    days = st.sampled_from([-95, -90, -31, -30, -14, -8, -7, -6, -2, -1, 0, 1, 2, 6, 7, 8, 14, 29])
    hours = st.sampled_from([-2, 0, 1, 5, 14, 23])
    jitter = st.sampled_from([-1, 0, 0, 1])
    return st.builds(
        lambda d, h, j: NOW + d * DAY + h * HOUR + j * MICROSECOND, days, hours, jitter
    )


@st.composite
def contacts(draw, index, people):
    at = draw(moments_around())
    channel = draw(st.sampled_from([Channel.CALL] * 5 + list(Channel)))
    category = draw(st.sampled_from([Category.SERVICE] * 5 + list(Category)))
    whose = draw(st.integers(0, len(people) - 1))
    others = draw(st.sets(st.integers(0, len(people) - 1), max_size=1)) - {whose}
    ahead = [SlotState.HELD, SlotState.RESERVED, SlotState.RESERVED]
    state = draw(st.sampled_from([SlotState.CONSUMED] if at < NOW else ahead))
    counting = draw(st.sampled_from([Counting.FULL] * 5 + list(Counting)))
    visit = draw(st.sampled_from([None, None, "visit-a", "visit-b"]))
    plan = Plan(
        customer_id=people[whose].id,
        channel=channel,
        category=category,
        at=at,
        endpoint=people[whose].phone if channel in (Channel.CALL, Channel.SMS) else None,
        also_customer_ids=tuple(people[n].id for n in others),
        visit_id=visit,
        occurrence=draw(st.sampled_from([None, None, f"birthday-{index}"])),
        not_after=draw(st.sampled_from([None, at + 40 * DAY])),
        is_agreed=draw(st.booleans()),
        made_at=NOW - DAY + index * timedelta(seconds=1),
    )
    return Made(f"slot-{index:03}", state, counting, plan)


def some(words):
    return st.frozensets(st.sampled_from(list(words)), min_size=1)


@st.composite
def rules(draw):
    """A rule of any kind, for anybody."""
    kind = draw(st.sampled_from(RuleKind))
    amounts = {
        RuleKind.ROLLING: {"seconds": draw(st.sampled_from([1, 3600, 86_400, 604_800]))},
        RuleKind.ROLLING_DAYS: {"days": draw(st.sampled_from([1, 2, 7, 30]))},
        RuleKind.CALENDAR: {"period": draw(st.sampled_from(Period))},
        RuleKind.MIN_GAP: {"seconds": draw(st.sampled_from([1, 3600, 86_400, 172_800]))},
        RuleKind.WINDOW: {
            "opens": draw(st.sampled_from([0, 480, 600])),
            "closes": draw(st.sampled_from([900, 1260, 1440])),
            "weekdays": draw(some(range(1, 8))),
            "closed_on_solemn_days": draw(st.booleans()),
            "greetings_only": draw(st.booleans()),
            "waived_by": draw(st.sampled_from([None, *Waiver])),
        },
    }
    counts = kind not in (RuleKind.MIN_GAP, RuleKind.WINDOW)
    return Rule(
        key="drafted",
        kind=kind,
        strength=draw(st.sampled_from([Strength.HARD, Strength.HARD, Strength.LEGAL])),
        limit=draw(st.integers(0, 3)) if counts else None,
        subjects=draw(some(SubjectKind)),
        channels=draw(some(Channel)),
        categories=draw(some(Category)),
        counted_channels=draw(st.sampled_from([frozenset(Channel), frozenset({Channel.VISIT})])),
        counted_categories=draw(some(Category)),
        **amounts[kind],
    )


@st.composite
def changes(draw, people):
    """Two sets of policies that differ in one: new, changed, retired, or narrower."""
    what = draw(st.sampled_from(["new", "changed", "retired", "tier", "segment", "customer"]))
    shipped = list(DEFAULT_RULES)
    if what == "new":
        beside = draw(st.sampled_from([[], shipped]))
        return beside, [*beside, draw(rules())]
    if what == "retired":
        gone = draw(st.sampled_from(shipped))
        return shipped, [rule for rule in shipped if rule is not gone]
    total = next(rule for rule in shipped if rule.key == "total_7_days")
    if what == "changed":
        changed = draw(
            st.builds(
                lambda limit, ceiling: replace(total, limit=limit, ceiling=ceiling, version=2),
                st.integers(0, 3),
                st.integers(0, 4),
            )
        )
        return shipped, [changed if rule is total else rule for rule in shipped]
    kind = ScopeKind(what)
    whose = {"tier": lambda p: p.tier, "customer": lambda p: p.id}
    whom = draw(st.sampled_from([whose[what](p) for p in people] if what in whose else SEGMENTS))
    if draw(st.booleans()):
        loosened = replace(total, loosened_by=frozenset(ScopeKind))
        shipped[shipped.index(total)], total = loosened, loosened
    limit = draw(st.integers(0, 4))
    named = {"key": "narrower", "scope_kind": kind, "scope_id": str(whom), "loosens": total.key}
    return shipped, [*shipped, replace(total, limit=limit, **named)]


def comparison_of(before, after, *, probe, delay):
    frames = [PolicyFrame(rules=tuple(r), zone=ZONE, solemn_days=SOLEMN) for r in (before, after)]
    return Comparison(
        before=frames[0],
        after=frames[1],
        past_from=NOW - 90 * DAY,
        now=NOW,
        ahead_from=NOW + delay,
        ahead_until=NOW + delay + 30 * DAY,
        channel=probe[0],
        category=probe[1],
    )


@given(data=st.data())
@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_finds_what_the_pure_rules_find(people, data):
    many = data.draw(st.integers(0, 18))
    ledger = [data.draw(contacts(n, people)) for n in range(many)]
    before, after = data.draw(changes(people))
    if data.draw(st.booleans()):
        before, after = after, before
    probe = data.draw(st.tuples(st.sampled_from(Channel), st.sampled_from(Category)))
    delay = data.draw(st.sampled_from([0 * DAY, 5 * DAY, 3 * HOUR]))
    comparison = comparison_of(before, after, probe=probe, delay=delay)
    write(ledger)

    found = simulate(comparison, step=lambda: None)
    db.session.rollback()

    slowly = Slowly(people, ledger, comparison)
    assert {(c.slot_id, c.effect.value) for c in found.contacts} == slowly.refused()
    free = slowly.free_days()
    shown = {c.customer_id: (c.free_days_before, c.free_days_after) for c in found.customers}
    assert shown == {who: days for who, days in free.items() if days[0] != days[1]}
    told = {(c.tier, c.customers, c.free_days_before, c.free_days_after) for c in found.coverage}
    assert told == _totals(free, [p for p in people if _is_concerned(p, comparison)])


def _is_concerned(person, comparison):
    frames = (comparison.before, comparison.after)
    before, after = (
        in_force(f.rules, tier=person.tier, customer_id=person.id, segments=person.segments)
        for f in frames
    )
    return _firm(before) != _firm(after)


def _firm(rules):
    return {replace(rule, version=0) for rule in rules if rule.strength is not Strength.SOFT}


def _totals(free, people):
    totals = set()
    for tier in {p.tier for p in people}:
        days = [free[p.id] for p in people if p.tier == tier]
        totals.add((tier, len(days), sum(d[0] for d in days), sum(d[1] for d in days)))
    return totals


APART = {
    "rolling": ({"kind": RuleKind.ROLLING, "limit": 1, "seconds": 604_800}, 7 * DAY),
    "gap": ({"kind": RuleKind.MIN_GAP, "seconds": 86_400}, DAY),
    "days": ({"kind": RuleKind.ROLLING_DAYS, "limit": 1, "days": 2}, 2 * DAY - 10 * HOUR),
    "week": ({"kind": RuleKind.CALENDAR, "limit": 1, "period": Period.WEEK}, 6 * DAY - 10 * HOUR),
}


@pytest.mark.parametrize("allowed", [1, 2])
@pytest.mark.parametrize("kind", APART)
@pytest.mark.parametrize("start", [NOW - 30 * DAY, NOW + 7 * DAY])
def test_what_is_exactly_a_width_apart_stands(people, kind, start, allowed):
    """Day, week and month begin at midnight in Shanghai; NOW is a Tuesday's 10:00 there."""
    amounts, width = APART[kind]
    start = start if kind != "week" else start - timedelta(days=start.weekday() - 1)
    rule = Rule(key="drafted", strength=Strength.HARD, **amounts)
    between = []
    if allowed == 2 and kind != "gap":
        rule, between = replace(rule, limit=2), [_call(people[0], start + 5 * HOUR, 2)]
    found = {}
    for jitter in (-1, 0):
        last = _call(people[0], start + width + jitter * MICROSECOND, 3)
        ledger = [_call(people[0], start, 1), *between, last]
        write(ledger)
        comparison = comparison_of(
            [], [rule], probe=(Channel.CALL, Category.SERVICE), delay=0 * DAY
        )
        found[jitter] = {c.slot_id for c in simulate(comparison, step=lambda: None).contacts}
        db.session.rollback()
        assert found[jitter] == {i for i, _ in Slowly(people, ledger, comparison).refused()}

    assert found[0] == set()
    assert found[-1] == ({last.id} if start < NOW else {made.id for made in ledger})


def _call(person, at, number):
    state = SlotState.CONSUMED if at < NOW else SlotState.RESERVED
    plan = Plan(
        customer_id=person.id,
        channel=Channel.CALL,
        category=Category.SERVICE,
        at=at,
        endpoint=person.phone,
        made_at=NOW - DAY,
    )
    return Made(f"slot-{number:03}", state, Counting.FULL, plan)


def test_none_and_no_cap_are_different(people):
    """A limit of 0 refuses all; a policy that is retired refuses nobody."""
    write([_call(person, NOW - n * DAY, n) for n, person in enumerate(people, start=1)])
    probe = {"probe": (Channel.CALL, Category.SERVICE), "delay": 0 * DAY}
    total = next(rule for rule in DEFAULT_RULES if rule.key == "total_7_days")

    none = simulate(comparison_of([], [replace(total, limit=0)], **probe), step=lambda: None)
    any_number = simulate(comparison_of([total], [], **probe), step=lambda: None)

    assert len(none.contacts) == len(people)
    assert sum(c.reachable_before for c in none.coverage) == len(people)
    assert sum(c.reachable_after for c in none.coverage) == 0
    assert any_number.contacts == []
    assert {c.free_days_after for c in any_number.customers} <= {30}


def test_a_cap_on_numbers_closes_no_day_for_visits(people):
    write([])
    total = next(rule for rule in DEFAULT_RULES if rule.key == "total_7_days")
    numbers = replace(total, limit=0, subjects=frozenset({SubjectKind.ENDPOINT}))

    free = {}
    for channel in (Channel.VISIT, Channel.CALL):
        comparison = comparison_of([], [numbers], probe=(channel, Category.SERVICE), delay=0 * DAY)
        [diamond] = (
            c for c in simulate(comparison, step=lambda: None).coverage if c.tier == Tier.DIAMOND
        )
        free[channel] = diamond.free_days_after

    assert free == {Channel.VISIT: 30, Channel.CALL: 0}


def test_the_statements_only_read(people):
    """What simulates is kept from writing by the engine, and tries nothing of the kind."""
    write([_call(people[0], NOW - n * DAY, n) for n in (1, 2, 3)])
    told = []

    def note(_connection, _cursor, statement, *_args):
        told.append(statement.split()[0].upper())

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        with reading_apart():
            comparison = comparison_of(
                [], DEFAULT_RULES, probe=(Channel.CALL, Category.SERVICE), delay=0 * DAY
            )
            assert simulate(comparison, step=lambda: None).contacts
            with pytest.raises(DBAPIError):
                db.session.execute(sa.text("DELETE FROM contact_slots"))
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)

    assert set(told[:-2]) <= {"BEGIN", "SET", "PRAGMA", "SELECT", "WITH"}
    write([])  # and afterwards one may write again


GAP_OF_A_WEEK = Rule(
    key="drafted", kind=RuleKind.MIN_GAP, strength=Strength.HARD, seconds=7 * 86_400
)


def _fallen(people, ledger, rule=GAP_OF_A_WEEK):
    """Return what falls, which the slow way must say as well."""
    write(ledger)
    comparison = comparison_of([], [rule], probe=(Channel.CALL, Category.SERVICE), delay=0 * DAY)
    found = simulate(comparison, step=lambda: None)
    db.session.rollback()
    slowly = Slowly(people, ledger, comparison)
    free = slowly.free_days()
    assert {(c.slot_id, c.effect.value) for c in found.contacts} == slowly.refused()
    shown = {c.customer_id: c.free_days_after for c in found.customers}
    assert shown == {who: days[1] for who, days in free.items() if days[1] != days[0]}
    return {contact.slot_id for contact in found.contacts}


def _with(made, **changes):
    return replace(made, plan=replace(made.plan, **changes))


def test_what_serves_a_visit_is_one_with_it(people):
    visit, reminder = (_call(people[0], NOW + n * DAY, n) for n in (2, 1))
    served = [_with(visit, visit_id="v"), _with(reminder, visit_id="v")]

    assert _fallen(people, served) == set()
    assert _fallen(people, [visit, reminder]) == {visit.id, reminder.id}
    two = replace(GAP_OF_A_WEEK, kind=RuleKind.ROLLING, limit=2)
    third = _call(people[0], NOW + 3 * DAY, 3)
    assert _fallen(people, [*served, third], two) == set()


def test_who_is_one_person_has_one_budget(people):
    one, same, neighbour = (_call(people[n], NOW + (n + 1) * DAY, n) for n in (0, 1, 3))

    assert _fallen(people, [one, same, neighbour]) == {one.id, same.id}


def test_a_number_is_one_whoever_answers(people):
    """The second and the third share a telephone; a visit does not ring."""
    call, other = (_call(people[n], NOW + (n + 1) * DAY, n) for n in (1, 2))
    visit = _with(other, channel=Channel.VISIT, endpoint=None)

    assert _fallen(people, [call, other]) == {call.id, other.id}
    assert _fallen(people, [call, visit]) == set()
    only_people = replace(GAP_OF_A_WEEK, subjects=frozenset({SubjectKind.CUSTOMER}))
    assert _fallen(people, [call, other], only_people) == set()


def test_what_is_only_held_gives_way(people):
    """A greeting held for marketing loses to a call that is reserved, and falls alone."""
    reserved = _call(people[0], NOW + DAY, 1)
    held = replace(_call(people[0], NOW + 2 * DAY, 2), state=SlotState.HELD)
    weaker = _with(held, category=Category.MARKETING)
    stronger = _with(held, category=Category.STATUTORY)

    assert _fallen(people, [reserved, weaker]) == {held.id}
    assert _fallen(people, [reserved, stronger]) == {reserved.id, held.id}


def test_an_unanswered_call_counts_for_caps_over_all_channels_only(people):
    unanswered = replace(_call(people[0], NOW - DAY, 1), counting=Counting.ANY_ONLY)
    call = _call(people[0], NOW + DAY, 2)
    only_calls = replace(GAP_OF_A_WEEK, counted_channels=frozenset({Channel.CALL}))

    assert _fallen(people, [unanswered, call]) == {call.id}
    assert _fallen(people, [unanswered, call], only_calls) == set()
    began_it = replace(unanswered, counting=Counting.NONE)
    assert _fallen(people, [began_it, call]) == set()


def test_what_has_begun_does_not_fall(people):
    """Only what is held or reserved can be planned anew; it counts all the same."""
    planned = _call(people[0], NOW + DAY, 1)
    begun = replace(_call(people[0], NOW + 2 * DAY, 2), state=SlotState.IN_FLIGHT)

    assert _fallen(people, [planned, begun]) == {planned.id}
