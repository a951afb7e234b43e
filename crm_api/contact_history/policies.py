"""The rules of the history: what is late, what a digest covers, which facts an entry moves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.contact_history.terms import Direction, Outcome
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

GENESIS = "0" * 64
LATE_AFTER = timedelta(hours=72)
NEEDS_LOOK_AFTER = timedelta(days=90)
CLOCK_TOLERANCE = timedelta(minutes=5)
TWO_WAY = frozenset({Outcome.REACHED, Outcome.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something to know about a contact that was taken in all the same."""

    code: str
    message: str
    slot_ids: tuple[str, ...] = ()


# The digest covers exactly these, in this order: a change here breaks every chain in existence.
DIGESTED = (
    "id",
    "customer_id",
    "seq",
    "kind",
    "corrects_id",
    "occurred_at",
    "recorded_at",
    "channel",
    "direction",
    "category",
    "purpose",
    "outcome",
    "is_begun_by_customer",
    "is_late",
    "has_overrun",
    "by_id",
    "source",
    "visit_id",
    "slot_id",
    "text_digest",
    "previous_digest",
)


def latest_moment(now: datetime) -> datetime:
    """Return the last moment that may count as past, clocks being what they are."""
    return now + CLOCK_TOLERANCE


def is_past(occurred_at: datetime, *, now: datetime) -> bool:
    """Tell whether a moment may have happened."""
    return occurred_at <= latest_moment(now)


def is_late(*, occurred_at: datetime, recorded_at: datetime) -> bool:
    """Tell whether a contact was told so late that somebody should ask why."""
    return recorded_at - occurred_at > LATE_AFTER


def digest_text(*, summary: str, with_whom: str, reason: str, salt: str) -> str:
    """Commit to a text: without the salt, which goes when the text goes, it cannot be guessed."""
    return _digest([salt, summary, with_whom, reason])


def digest_entry(entry: Mapping[str, Any]) -> str:
    """Return the digest that chains an entry to the one before it."""
    return _digest([entry[name] for name in DIGESTED])


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_UTC_Z)).hexdigest()


def facts_of(entry: Mapping[str, Any]) -> dict[str, datetime]:
    """Return which of the four facts an entry bears on, and when."""
    is_two_way = entry["outcome"] in TWO_WAY
    bears_on = {
        "last_attempt_at": entry["direction"] == Direction.OUTBOUND,
        "last_two_way_at": is_two_way,
        "last_begun_by_customer_at": entry["is_begun_by_customer"],
        "last_visit_at": is_two_way and entry["channel"] == Channel.VISIT,
    }
    return {name: entry["occurred_at"] for name, bears in bears_on.items() if bears}


def warnings(*, age: timedelta, has_overrun: bool, to_move: Sequence[str]) -> list[Warned]:
    """Say what whoever told of a contact should know."""
    found = []
    if age > NEEDS_LOOK_AFTER:
        found.append(Warned(code="needs_look", message="Told so late that a manager will look."))
    elif age > LATE_AFTER:
        found.append(Warned(code="late", message="Told more than 72 hours afterwards."))
    if has_overrun:
        message = "The customer was contacted more than the policies allow; see `overruns`."
        found.append(Warned(code="overrun", message=message))
    if to_move:
        message = "These plans of the customer are no longer allowed: plan them anew."
        found.append(Warned(code="plans_to_move", message=message, slot_ids=tuple(to_move)))
    return found
