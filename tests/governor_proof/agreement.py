"""What the governor and the model say of one world, in the same words, to be compared."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.governor_proof import model
from tests.governor_proof.arbiter import arbitrate, becomes
from tests.governor_proof.judge import HOLDS, Cap, Judge, Reason
from tests.governor_proof.model import DAY, World, local, shown
from tests.governor_proof.telling import decide
from tests.governor_proof.worlds import datetime_of, describe

LABEL = "*1"  # how the governor is told of every number
OTHER_CHANNELS_EVERY = 4  # the model is slow to find four more moments


class Disagreement(AssertionError):
    """The governor and the model differ about a world."""


@dataclass(frozen=True)
class Answer:
    """Everything that both of them say."""

    verdict: str
    soonest: int | None
    earlier: int | None
    reasons: frozenset[Reason]
    overruns: frozenset[Reason]
    channels: tuple[tuple[str, int | None], ...] | None = ()
    losers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    """A world with the model's answer to it."""

    number: int
    world: World
    judge: Judge
    expected: Answer
    happened: frozenset[Reason]  # what is beyond a policy once it has happened


def case_of(number: int, world: World) -> Case:
    settled, losers = arbitrate(world)
    judge = Judge(settled)
    fact = Judge(replace(world, asked=replace(world.asked, outcome=_outcome(number))))
    happened = {r for r in fact.reasons(world.asked.at) if r[0] != "in_the_past"}
    expected = _models_answer(settled, judge, channels=number % OTHER_CHANNELS_EVERY == 0)
    ends = tuple(sorted((loser.id, becomes(loser, world)) for loser in losers))
    return Case(number, world, judge, replace(expected, losers=ends), frozenset(happened))


def _outcome(number: int) -> str | None:
    return ("reached", "no_answer", "absent", None)[number % 4]


def _models_answer(world: World, judge: Judge, *, channels: bool) -> Answer:
    asked = world.asked.at
    said = (frozenset(judge.reasons(asked)), frozenset(judge.overruns(asked)))
    if not judge.is_blocked(asked):
        verdict = "allowed_with_warning" if judge.is_warned_of(asked) else "allowed"
        return Answer(verdict, asked, None, *said)
    soonest, earlier = judge.next_allowed(), judge.earlier_alternative()
    others = sorted(model.EVERY_CHANNEL - {world.asked.channel}) if channels else ()
    by = tuple((c, _soonest_by(c, world)) for c in others) if channels else None
    return Answer("blocked", soonest, earlier, *said, by)


def _soonest_by(channel: str, world: World) -> int | None:
    return Judge(replace(world, asked=replace(world.asked, channel=channel))).next_allowed()


def check(case: Case) -> str:
    """Compare what both say; return the verdict.

    :raises Disagreement: if they differ in anything
    """
    decision = decide(case.world)
    said = {(r, _named(r, case.world)) for r in decision.reasons}
    by = sorted((str(c.channel), micros(c.next_allowed_at)) for c in decision.other_channels)
    answered = Answer(
        str(decision.verdict),
        micros(decision.next_allowed_at),
        micros(decision.earlier_alternative_at),
        frozenset(name for _, name in said),
        frozenset(_named(r, case.world) for r in decision.exceeded),
        None if case.expected.channels is None else tuple(by),
        tuple(sorted((loser.slot.slot_id, str(loser.becomes)) for loser in decision.losers)),
    )
    if answered != case.expected:
        raise Disagreement(_told(case, answered))
    for reason, name in said:
        _check_interval(case, reason, name)
    _check_binding(case, decision)
    _check_nothing_between(case)
    _check_the_fact(case)
    return answered.verdict


def _named(reason: Any, world: World) -> Reason:
    whom = reason.subject_id
    if whom == LABEL:
        whom = world.asked.endpoint
    return reason.policy_key or str(reason.code), str(reason.subject_kind), whom


def _check_interval(case: Case, reason: Any, name: Reason) -> None:
    """See that a reason's interval is what it forbids around the moment: no more and no less."""
    start, end = micros(reason.forbidden_from), micros(reason.forbidden_until)
    forbids = _forbids(case, reason, name)
    if forbids is None:
        if (start, end) not in _intervals(case, name):
            raise Disagreement(_told(case, (name, start, end)))
        return
    rng = random.Random(case.number)
    inside = [start, end and end - 1, case.world.asked.at]
    if start and end:
        inside += [rng.randrange(start, end) for _ in range(3)]
    wrong = [at for at in inside if at is not None and not forbids(at)]
    wrong += [at for at in (start and start - 1, end) if at is not None and forbids(at)]
    if wrong:
        raise Disagreement(_told(case, (name, start, end, *wrong)))


def _forbids(case: Case, reason: Any, name: Reason):
    judge = case.judge
    for cap in judge.caps:
        if (cap.law.key, cap.kind, cap.subject) == name:
            _check_counted(case, reason, cap)
            return lambda at: judge.is_over(cap, at)
    if name[0] in judge.windows:
        return lambda at: judge.is_shut(judge.windows[name[0]], at)
    return None


def _check_counted(case: Case, reason: Any, cap: Cap) -> None:
    """See that what a cap counted stands in the way: with nothing else there it would too."""
    ids = {slot.slot_id for slot in reason.counted}
    contacts = [c for c in case.world.contacts if c.id in ids]
    others = [(c.at, case.judge.units[c.id]) for c in contacts]
    truly = all(found in cap.others for found in others) and len(others) == len(ids)
    if not truly or not model.breaks_cap(cap.law, others, case.world.asked.at, case.world.zone):
        raise Disagreement(_told(case, (cap, sorted(ids))))


def _intervals(case: Case, name: Reason) -> set[tuple[int | None, int | None]]:
    """Return the intervals that something without a policy may name."""
    world, (code, _, whom) = case.world, name
    if code == "in_the_past":
        return {(None, world.now)}
    if code == "after_last_moment":
        return {
            (last + 1, None)
            for last in (
                world.asked.not_after,
                case.judge.visit_at and case.judge.visit_at + 2 * DAY,
            )
            if last is not None
        }
    person = world.people.get(whom, model.Person())
    if code == "minor_without_consent":
        return {(None, shown(person.of_age_on, 0, world.zone))}
    if code == "greeted_that_day":
        day = local(world.asked.at, world.zone).date()
        return {(shown(day, 0, world.zone), shown(day, 1440, world.zone))}
    if code == "do_not_disturb":
        return {_away(case, wish) for wish in person.wishes}
    holds = {(since, until) for kind, since, until in person.holds if HOLDS.get(kind, kind) == code}
    return holds or {(None, None)}


def _away(case: Case, wish: model.Wish) -> tuple[int | None, int | None]:
    """Return the quiet around the moment asked, found by going there step by step."""
    world, at = case.world, case.world.asked.at
    day, last = local(at, world.zone).date(), None
    if wish.ends_on is not None:
        last = shown(wish.ends_on, 1440, world.zone)
    if wish.hours is None:
        return None, last
    if not case.judge.is_wished_away(wish, at):
        return 0, 0
    edges = sorted(
        shown(model.plus(day, n), minute, world.zone) for n in (-1, 0, 1) for minute in wish.hours
    )
    start = max(edge for edge in edges if edge <= at)
    end = min(edge for edge in edges if edge > at)
    return start, end if last is None else min(end, last)


def _check_binding(case: Case, decision: Any) -> None:
    """See that the reason which binds is the one that lasts longest of those that block."""
    firm = [r for r in decision.reasons if str(r.strength) != "soft"]
    if str(decision.verdict) != "blocked":
        if decision.binding is not None:
            raise Disagreement(_told(case, decision.binding))
        return
    binding = decision.reasons[decision.binding]
    ends = [r.forbidden_until for r in firm]
    longest = None if None in ends else max(ends)
    if binding not in firm or binding.forbidden_until != longest:
        raise Disagreement(_told(case, binding))


def _check_nothing_between(case: Case) -> None:
    """No moment between the one asked and the answers is legal, wherever one looks."""
    world, answer = case.world, case.expected
    if answer.verdict != "blocked":
        return
    rng, asked = random.Random(case.number), world.asked.at
    last = asked + 7 * DAY if answer.soonest is None else answer.soonest
    first = min(world.now, asked) if answer.earlier is None else answer.earlier + 1
    for instant in [rng.randrange(first, last) for _ in range(8)] if first < last else ():
        if not case.judge.is_blocked(instant) and instant >= world.now:
            raise Disagreement(_told(case, ("legal at", instant)))


def _check_the_fact(case: Case) -> None:
    """What has happened is never blocked, and what it went beyond is told."""
    asked = replace(case.world.asked, outcome=_outcome(case.number))
    decision = decide(replace(case.world, asked=asked), has_happened=True)
    beyond = {_named(r, case.world) for r in decision.reasons}
    if str(decision.verdict) == "blocked" or beyond != case.happened:
        raise Disagreement(_told(case, (str(decision.verdict), beyond, case.happened)))


def micros(moment: datetime | None) -> int | None:
    return None if moment is None else model.micros(moment)


def _told(case: Case, answered: Any) -> str:
    def plain(part: Any) -> Any:
        if isinstance(part, Answer):
            return plain(tuple(vars(part).items()))
        if isinstance(part, int) and part > DAY:
            return f"{local(part, case.world.zone):%a %F %T.%f%z}"
        return [plain(p) for p in part] if isinstance(part, tuple | frozenset) else part

    return (
        f"world {case.number}, asked {datetime_of(case.world.asked.at)}\n"
        f"governor: {plain(answered)}\nmodel:    {plain(case.expected)}\n{describe(case.world)}"
    )
