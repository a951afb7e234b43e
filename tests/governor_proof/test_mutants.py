"""Every small mistake in the rules is seen: each mutant of their source dies by what we test.

`heavy` are all that can be made by confusing two operators; the named ones run always.
"""

from __future__ import annotations

import inspect
import signal
import sys

import pytest

from tests.contact_frequency import test_arbitration_rules, test_rules, test_rules_at_the_edge
from tests.governor_proof.agreement import case_of, check
from tests.governor_proof.edges import edge_worlds
from tests.governor_proof.equivalents import EQUIVALENT
from tests.governor_proof.mutants import Mutant, NoLongerApplies, generated, planted

POLICIES = "crm_api.contact_frequency.policies"
ROOMS = (
    "arbitrating",
    "barriers",
    "caps",
    "deciding",
    "hours",
    "limiting",
    "limits",
    "matching",
    "moments",
    "overriding",
    "ranking",
    "rules",
    "search",
)
WORLDS = range(350)
SECONDS = 1  # of CPU, for one world: thousands of times what it takes


def _of(room, function, was, becomes, nth=None):
    return Mutant(f"{POLICIES}.{room}", function, was, becomes, nth)


NAMED = {
    "looks back only": _of(
        "caps", "_rolling", "values[last] - width + 1", "values[last]"
    ),
    "looks back only, by days": _of(
        "caps", "_rolling_days", "values[last] - width + 1", "values[last]"
    ),
    "looks ahead only": _of("caps", "_rolling", "values[first] + width", "values[first] + 1"),
    "takes exactly a width apart for too close": _of(
        "caps", "_rolling", "values[first] + width", "values[first] + width + 1"
    ),
    "ignores that a hold ends": _of("limits", "Barrier.hit", "at >= self.end", "False"),
    "ignores that a wish ends": _of(
        "hours", "QuietHours._hours", "min(end, self.until)", "end"
    ),
    "ignores the last useful moment": _of(
        "barriers", "bounds_of", "plan.not_after is not None", "False"
    ),
    "ignores that an occasion is taken": _of(
        "barriers", "bounds_of", "facts.occurrence_slot is not None", "False"
    ),
    "reads a limit of 0 as none": _of("caps", "cap_for", "rule.limit == 0", "False"),
    "reads no limit as 0": _of("caps", "cap_for", "rule.limit == 0", "not rule.limit"),
    "counts what each cap blocks, not what it counts": _of(
        "caps", "counts_toward", "rule.counted_channels", "rule.channels", 0
    ),
    "counts an unanswered call for all": _of(
        "caps", "counts_toward", "slot.counting is Counting.FULL", "True"
    ),
    "counts a visit and its calls apart": _of(
        "caps", "_runs", "slots[end].unit", "slots[end].slot_id"
    ),
    "days by UTC": _of(
        "moments",
        "local_day",
        "moment_of(value).astimezone(zone).toordinal()",
        "moment_of(value).toordinal()",
    ),
    "weeks begin on Sunday": _of("caps", "bucket_of", "day + 3", "day + 4"),
    "asks of the customer only, not of the number": _of(
        "limiting", "limits_for", "facts.endpoint is not None and plan.channel in RINGING", "False"
    ),
    "asks of the first whom it meets only": _of(
        "limiting", "limits_for", "facts.persons", "facts.persons[:1]", 0
    ),
    "stands in its own way": _of("limiting", "_Asked._others", "s.slot_id != own", "True"),
    "lets any narrower policy loosen": _of(
        "matching", "_lets_in", "rule.scope_kind in broad.loosened_by", "True"
    ),
    "forgets the ceiling": _of("rules", "bounded", "by.ceiling is None", "True"),
    "the narrowest policy alone counts": _of(
        "matching", "_takers", "_lets_in(broad, o)", "is_narrower(o, broad)"
    ),
    "lets one segment's policy take another's place": _of(
        "matching", "is_narrower",
        "places.index(rule.scope_kind) < places.index(than.scope_kind)",
        "places.index(rule.scope_kind) <= places.index(than.scope_kind) and rule != than",
    ),
    "asks in which segments somebody is of nobody": _of(
        "limiting", "_Asked.applicable", "person.segments", "()"
    ),
    "lets statutory contacts be wished away": _of(
        "barriers", "_covers", "category is Category.STATUTORY", "False"
    ),
    "holds hold everything": _of(
        "barriers", "barriers_of", "plan.category in HELD", "True"
    ),
    "takes a soft policy for firm": _of(
        "deciding", "_is_soft", "limit.source.strength is Strength.SOFT", "False"
    ),
    "blocks what has happened": _of(
        "deciding", "_judge", "facts.has_happened or all(_is_soft(limit) for limit, _ in hits)",
        "all(_is_soft(limit) for limit, _ in hits)",
    ),
    "forgets what exempt contacts go beyond": _of(
        "limiting", "exceeded_limits", "return limits", "return []"
    ),
    "lets the manager override the law": _of(
        "deciding", "_who_may_override", "reason.blocks", "reason.overridable_by"
    ),
}  # fmt: skip
ALL = [m for room in ROOMS for m in generated(f"{POLICIES}.{room}")]
RUN = [m for m in ALL if str(m) not in EQUIVALENT]


class NeverEnds(Exception):
    """A mutant that goes round in circles is seen as well."""


def pins():
    """Return the tests of the rules as plain calls."""
    for module in (test_rules, test_rules_at_the_edge, test_arbitration_rules):
        for name, test in vars(module).items():
            if name.startswith("test_") and inspect.getmodule(test) is module:
                yield from _calls(test)


def _calls(test):
    marks = [m for m in getattr(test, "pytestmark", ()) if m.name == "parametrize"]
    if not marks:
        return [test]
    [mark] = marks
    names, values = mark.args
    is_many = not isinstance(names, str)
    return [lambda v=v: test(*v) if is_many else test(v) for v in values]


@pytest.fixture(scope="module")
def proofs():
    """All that the rules are held to: pinned examples, and worlds with the model's answers."""
    cases = [case_of(n, world) for n, world in enumerate(edge_worlds(WORLDS))]
    return [*pins(), *((lambda case=case: check(case)) for case in cases)]


@pytest.fixture
def patience():
    def lose(_signal, _frame):
        raise NeverEnds

    before, traced = signal.signal(signal.SIGVTALRM, lose), sys.gettrace()
    sys.settrace(None)  # coverage takes a lock as it traces; the signal would leave it taken
    yield lambda: signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
    sys.settrace(traced)


def survives(proofs, patience):
    try:
        for proof in proofs:
            patience()
            proof()
    except (Exception, NeverEnds):  # noqa: BLE001 - however it shows
        return False
    return True


def test_without_a_mutant_every_proof_holds(proofs):
    for proof in proofs:
        proof()


@pytest.mark.parametrize("name", NAMED)
def test_a_rule_that_does_this_is_found_out(name, proofs, patience):
    with planted(NAMED[name]):
        assert not survives(proofs, patience)


@pytest.mark.heavy
@pytest.mark.parametrize("mutant", RUN, ids=str)
def test_every_confusion_is_found_out(mutant, proofs, patience):
    with planted(mutant):
        assert not survives(proofs, patience)


def test_every_excuse_is_for_a_mutant_that_there_is():
    assert EQUIVALENT.keys() <= {str(m) for m in ALL}


@pytest.mark.parametrize(
    ("was", "function"),
    [("span.start == at", "Cap.hit"), ("slot", "Cap.hit"), ("True", "Cap.gone")],
    ids=["nothing like it", "several like it", "no such function"],
)
def test_a_mutant_that_no_longer_applies_fails(was, function):
    with pytest.raises(NoLongerApplies), planted(_of("caps", function, was, "False")):
        pass
