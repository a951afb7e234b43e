"""What is the case at the door, read from the brief's own facts. Plain values in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.preparation.library.terms import Situation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    Known = Mapping[str, Any]
    Found = Iterator[tuple[Situation, str]]

# A festival is talked of when it is near; an own day as long as the brief knows of it.
FESTIVAL_AHEAD = timedelta(days=14)
BY_HOLD = {"complaint": Situation.COMPLAINT, "mourning": Situation.MOURNING}
BY_SECTION = {
    "problems": Situation.UNSOLVED_PROBLEM,
    "network_quality": Situation.NETWORK_TROUBLE,
    "rivals": Situation.RIVAL_ACTIVE,
    "personnel_changes": Situation.PERSONNEL_CHANGE,
}
# Where the day is grave, nobody congratulates.
GRAVE = frozenset({Situation.MOURNING, Situation.SOLEMN_DAY})
JOYFUL = frozenset({Situation.OWN_DAY, Situation.FESTIVAL})
ORDER = {situation: place for place, situation in enumerate(Situation)}


def situations(
    known: Known, *, today: date, holds: Iterable[tuple[str, str]], is_solemn_day: bool
) -> list[dict[str, Any]]:
    """Return what is the case, the most delicate first, each with the fact that says so."""
    found = [
        *_holds(holds, is_solemn_day=is_solemn_day),
        *_promises(known),
        *_last_visit(known["last_visit"]),
        *_account(known["profile"]),
        *_wishes(known["wishes"]),
        *_dates(known["coming_dates"], today=today),
    ]
    first_reasons: dict[Situation, str] = {}
    for situation, because in found:
        first_reasons.setdefault(situation, because)
    silent = JOYFUL if GRAVE & first_reasons.keys() else frozenset()
    return [
        {"situation": situation, "because": first_reasons[situation]}
        for situation in sorted(first_reasons.keys() - silent, key=ORDER.__getitem__)
    ]


def is_grave(found: Iterable[Known]) -> bool:
    """Tell whether this is no time for joyful words."""
    return any(case["situation"] in GRAVE for case in found)


def _holds(holds: Iterable[tuple[str, str]], *, is_solemn_day: bool) -> Found:
    yield from ((BY_HOLD[kind], reason) for kind, reason in holds if kind in BY_HOLD)
    if is_solemn_day:
        yield Situation.SOLEMN_DAY, ""


def _promises(known: Known) -> Found:
    for promise in known["open_promises"]:
        if promise["is_overdue"]:
            yield Situation.PROMISE_OVERDUE, promise["text"]


def _last_visit(last: Known | None) -> Found:
    if last is None:
        yield Situation.FIRST_VISIT, ""
        return
    if last["went_badly"]:
        yield Situation.WENT_BADLY, last["went_badly"]
    for section, situation in BY_SECTION.items():
        if last["sections"].get(section):
            yield situation, last["sections"][section]


def _account(profile: Known) -> Found:
    if profile["kind"] == "group":
        yield Situation.GROUP, profile["name"]
    if profile["status"] == "suspended":
        yield Situation.SUSPENDED, profile["plan_name"]
    if profile["balance_fen"] is not None and profile["balance_fen"] < 0:
        yield Situation.ARREARS, profile["plan_name"]


def _wishes(wishes: Iterable[Known]) -> Found:
    for wish in wishes:
        yield Situation.QUIET_WISHED, wish["note"]


def _dates(dates: Iterable[Known], *, today: date) -> Found:
    for day in dates:
        if day["kind"] == "contract_end":
            yield Situation.CONTRACT_ENDING, str(day["on"])
        elif day["is_solemn"]:
            continue  # among the topics to avoid
        elif day["whose"]:
            yield Situation.OWN_DAY, day["label"]
        elif day["on"] <= today + FESTIVAL_AHEAD:
            yield Situation.FESTIVAL, day["label"]
