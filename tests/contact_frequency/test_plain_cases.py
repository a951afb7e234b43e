"""What is told at a glance is what a close look tells, byte by byte; and much is told so."""

import dataclasses
import random
from collections import Counter
from datetime import timedelta

from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.policies.facts import Facts, PersonFacts, SlotFact
from crm_api.contact_frequency.policies.moments import DAY, micros
from crm_api.contact_frequency.policies.plain import Glance
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel
from tests.governor_proof import laws, telling
from tests.governor_proof.edges import edge_worlds
from tests.governor_proof.worlds import make_world

WORLDS = range(200)
OF_ALL_KINDS = 60
HOUR = timedelta(hours=1)


def test_a_glance_says_what_a_close_look_says(monkeypatch):
    seen, moved, glances = Counter(), Counter(), {}

    def both(plan, facts, frame, now):
        closely = decide(plan, facts, frame, now)
        # One glance for all plans of a frame: what it remembers of one has to hold for the next.
        glance, _ = glances.setdefault((id(frame), now), (Glance(frame, now), frame))
        for asked in (plan, dataclasses.replace(plan, occurrence="birthday:2026:1")):
            told = glance.decide(asked, facts)
            seen[told is not None, closely.verdict] += 1
            moved[told is not None, facts.own_slot is not None] += 1
            if told is not None:
                again = decide(asked, facts, frame, now)
                assert told.trace == again.trace
                assert dataclasses.asdict(told) == dataclasses.asdict(again)
        return closely

    monkeypatch.setattr(telling.policies, "decide", both)
    for world in edge_worlds(WORLDS):
        telling.decide(world)

    assert {verdict for is_plain, verdict in seen if is_plain} == {"allowed"}
    assert seen[True, "allowed"] > 50, seen
    assert moved[True, True], moved  # a slot that moves or begins does not stand in its own way


def test_what_is_remembered_of_one_kind_is_said_of_no_other(monkeypatch):
    """A glance is asked of contacts of every kind in turn, as of the begins of one call."""
    told = Counter()

    def ask(plan, facts, frame, now):
        glance, rng = Glance(frame, now), random.Random(plan.at.isoformat())
        for _ in range(OF_ALL_KINDS):
            asked, known = _of_any_kind(plan, facts.persons[0].customer_id, rng)
            at_first_sight = Glance(frame, now).decide(asked, known)
            said = glance.decide(asked, known)
            told[said is not None] += 1
            assert (said and said.trace) == (at_first_sight and at_first_sight.trace)
            assert said is None or said.trace == decide(asked, known, frame, now).trace
        return decide(plan, facts, frame, now)

    monkeypatch.setattr(telling.policies, "decide", ask)
    for number in WORLDS:
        telling.decide(make_world(number))

    assert min(told.values()) > len(WORLDS), told


def _of_any_kind(plan, customer_id, rng):
    """Return a contact at a plan's moment, or later, with whom the policies may know."""
    at = micros(plan.at) - rng.randrange(40 * DAY)
    other = SlotFact("other", at, Channel.CALL, Category.SERVICE, "other")
    somebody = PersonFacts(
        customer_id=rng.choice([customer_id, "somebody else"]),
        tier=rng.choice(sorted(laws.TIERS)),
        segments=rng.choice([(), laws.SEGMENTS[:1], laws.SEGMENTS[1:]]),
        slots=(other,) * rng.randrange(3),
    )
    asked = Plan(
        customer_id=somebody.customer_id,
        channel=rng.choice(list(Channel)),
        category=rng.choice(list(Category)),
        at=plan.at + rng.choice([0, 12]) * HOUR,
        occurrence=rng.choice([None, "birthday:2026:1"]),
        not_after=rng.choice([None, plan.at + 12 * HOUR]),
        is_agreed=rng.random() < 0.5,
    )
    return asked, Facts(persons=(somebody,))
