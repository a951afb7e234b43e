"""Who gives way, as pure rules: no database, so that mutants of the rules meet these tests too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crm_api.config.settings import SHANGHAI
from crm_api.contact_frequency.policies import PolicyFrame, Rule, arbitrating, ranking
from crm_api.contact_frequency.policies.deciding import decide
from crm_api.contact_frequency.policies.facts import EndpointFacts, Facts, PersonFacts, SlotFact
from crm_api.contact_frequency.policies.moments import micros
from crm_api.contact_frequency.terms import (
    ContactClass,
    ReasonCode,
    RuleKind,
    SlotState,
    Strength,
)
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
AT = datetime(2026, 3, 20, 4, tzinfo=UTC)  # noon in Shanghai
MIDNIGHT = datetime(2026, 3, 19, 16, tzinfo=UTC)  # as that day begins there
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BIRTHDAY, OTHER = ContactClass.BIRTHDAY, ContactClass.OTHER_DAY
NO_RULES = PolicyFrame(rules=(), zone=SHANGHAI)


def plan(at=AT, **changes):
    facts = {"channel": Channel.CALL, "category": Category.SERVICE, "is_agreed": True, **changes}
    return Plan(customer_id="c", at=at, **facts)


def greeting(at=AT, occasion=OTHER, **changes):
    facts = {"channel": Channel.SMS, "category": Category.CARE, "is_agreed": False, **changes}
    return plan(at, occasion_class=occasion, **facts)


def held(slot_id, at=AT, occasion=OTHER, *, made_at=NOW):
    claim = ranking.claim_of(greeting(at, occasion, made_at=made_at), now=NOW)
    return replace(sent(slot_id, at, occasion), claim=claim)


def sent(slot_id, at=AT, occasion=OTHER):
    return SlotFact(
        slot_id, micros(at), Channel.SMS, Category.CARE, slot_id, occasion_class=occasion
    )


def known(*slots, on_number=(), **changes):
    person = PersonFacts(customer_id="c", tier="gold", slots=tuple(slots))
    endpoint = EndpointFacts(label="*1", slots=tuple(on_number))
    return Facts(persons=(person,), endpoint=endpoint, **changes)


def gap(**changes):
    facts = {"key": "gap", "kind": RuleKind.MIN_GAP, "seconds": 86_400, "strength": Strength.HARD}
    return Rule(**{**facts, **changes})


def cap(limit):
    facts = {"key": "cap", "kind": RuleKind.ROLLING, "seconds": 7 * 86_400}
    return Rule(limit=limit, strength=Strength.HARD, **facts)


def frame(*rules):
    return PolicyFrame(rules=tuple(rules), zone=SHANGHAI)


def losers(asked, facts, *rules):
    found = decide(asked, facts, frame(*rules), NOW).losers
    return [(one.slot.slot_id, one.becomes) for one in found]


def test_a_day_has_one_greeting_from_midnight_to_midnight():
    facts = known(sent("s"))
    last, first = MIDNIGHT + DAY - timedelta.resolution, MIDNIGHT

    for at in (first, last):
        blocked = decide(greeting(at), facts, NO_RULES, NOW)
        assert [r.code for r in blocked.reasons] == [ReasonCode.GREETED_THAT_DAY]
        assert blocked.reasons[0].counted[0].slot_id == "s"
        assert blocked.next_allowed_at == MIDNIGHT + DAY
        assert blocked.earlier_alternative_at == MIDNIGHT - timedelta.resolution
    for at in (first - timedelta.resolution, last + timedelta.resolution):
        assert decide(greeting(at), facts, NO_RULES, NOW).is_allowed


def test_only_greetings_stand_in_each_others_day():
    plain = replace(sent("s"), occasion_class=None)

    assert decide(plan(), known(sent("s")), NO_RULES, NOW).is_allowed
    assert decide(greeting(), known(plain), NO_RULES, NOW).is_allowed
    assert decide(greeting(), known(on_number=[sent("s")]), NO_RULES, NOW).is_allowed


def test_a_greeting_does_not_stand_in_its_own_way():
    assert decide(greeting(), known(sent("s"), own_slot="s"), NO_RULES, NOW).is_allowed
    assert not decide(greeting(), known(sent("s"), own_slot="t"), NO_RULES, NOW).is_allowed


def test_the_weaker_greeting_of_a_day_is_said_by_the_stronger():
    asked = greeting(AT + HOUR, BIRTHDAY)

    assert losers(asked, known(held("s"))) == [("s", SlotState.COALESCED)]
    assert losers(greeting(AT + DAY, BIRTHDAY), known(held("s"))) == []


def test_a_neighbouring_day_is_not_said_by_it():
    late, early = AT + 7 * HOUR, AT + DAY - 3 * HOUR

    assert losers(greeting(early, BIRTHDAY), known(held("s", late)), gap()) == [
        ("s", SlotState.PREEMPTED)
    ]


def test_another_persons_greeting_on_the_number_is_not_said_by_it():
    other = held("s")

    assert losers(greeting(AT, BIRTHDAY), known(on_number=[other]), gap()) == [
        ("s", SlotState.PREEMPTED)
    ]


def test_an_appointment_says_no_greeting():
    assert losers(plan(), known(held("s")), gap()) == [("s", SlotState.PREEMPTED)]


def test_a_slot_that_is_not_held_never_gives_way():
    refused = decide(plan(), known(sent("s")), frame(gap()), NOW)

    assert not refused.is_allowed
    assert refused.losers == ()


def test_nobody_gives_way_to_a_refusal():
    facts = known(sent("r", AT + HOUR), held("s", AT - HOUR))

    refused = decide(plan(), facts, frame(gap()), NOW)

    assert refused.losers == ()
    assert {s.slot_id for r in refused.reasons for s in r.counted} == {"r"}


def test_nobody_gives_way_without_need():
    assert losers(plan(), known(held("s", AT + DAY)), gap()) == []
    soft = replace(gap(), strength=Strength.SOFT)
    warned = decide(plan(), known(held("s")), frame(soft), NOW)
    assert (warned.losers, [r.code for r in warned.reasons]) == ((), [ReasonCode.GAP_TOO_SHORT])


def test_the_strong_keep_their_places_before_the_weak():
    strong, weak = held("a", AT - 2 * DAY, BIRTHDAY), held("b", AT + 2 * DAY)

    assert losers(plan(), known(strong, weak), cap(2)) == [("b", SlotState.PREEMPTED)]
    assert losers(plan(), known(strong, weak), cap(1)) == [
        ("a", SlotState.PREEMPTED),
        ("b", SlotState.PREEMPTED),
    ]


def test_who_is_too_near_goes_and_leaves_room_for_the_weaker():
    near, far = held("a", AT - HOUR, BIRTHDAY), held("b", AT + 2 * DAY)

    assert losers(plan(), known(near, far), gap(), cap(2)) == [("a", SlotState.PREEMPTED)]


def test_of_two_alike_the_earlier_made_stays():
    first = held("s", made_at=NOW)

    assert not decide(greeting(), known(first), NO_RULES, NOW).is_allowed
    earlier = greeting(made_at=NOW - HOUR)
    assert losers(earlier, known(first)) == [("s", SlotState.COALESCED)]


def test_of_two_alike_the_agreed_one_stays():
    offer = {"category": Category.MARKETING, "made_at": NOW}
    claim = ranking.claim_of(greeting(is_agreed=False, **offer), now=NOW)
    facts = known(replace(sent("s"), category=Category.MARKETING, claim=claim))

    assert losers(greeting(is_agreed=True, **offer), facts) == [("s", SlotState.COALESCED)]


def test_of_two_made_at_once_the_smaller_id_stays():
    asked = greeting(made_at=NOW)

    assert losers(asked, known(held("s"), own_slot="r")) == [("s", SlotState.COALESCED)]
    assert not decide(asked, known(held("s"), own_slot="t"), NO_RULES, NOW).is_allowed


def test_what_happened_wins_nothing():
    happened = decide(plan(), known(held("s"), has_happened=True), frame(gap()), NOW)

    assert happened.losers == ()
    assert [r.code for r in happened.reasons] == [ReasonCode.GAP_TOO_SHORT]


def test_what_gives_way_can_be_left_out():
    facts = known(held("s"), sent("r"), on_number=[held("s")], has_happened=True)

    left = arbitrating.without_weaker(plan(), facts, now=NOW)

    assert [s.slot_id for s in left.persons[0].slots] == ["r"]
    assert (left.endpoint.slots, left.has_happened) == ((), True)
    assert arbitrating.without(facts, []) is facts


def test_said_by_is_the_greeting_where_nothing_else_is_in_the_way():
    facts = known(sent("s"))
    alone = decide(greeting(), facts, NO_RULES, NOW)
    beside_gap = decide(greeting(), facts, frame(gap()), NOW)
    too_late = decide(greeting(not_after=AT - HOUR), facts, NO_RULES, NOW)
    only_gap = decide(plan(), facts, frame(gap()), NOW)

    found = [ranking.said_by(one) for one in (alone, beside_gap, too_late, only_gap)]

    assert found == ["s", "s", None, None]
