"""What is told at a glance is what a close look tells, byte by byte; and much is told so."""

import dataclasses
from collections import Counter

from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.policies.plain import Glance
from tests.governor_proof import telling
from tests.governor_proof.edges import edge_worlds

WORLDS = range(200)


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
