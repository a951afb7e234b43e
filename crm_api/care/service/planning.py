"""Plan greetings in bulk. Rows, not objects: this runs once for every customer of a festival."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.care import queries
from crm_api.care.models import CareMessage
from crm_api.care.service import asking
from crm_api.care.service.asking import is_refusal
from crm_api.care.service.combining import say_together
from crm_api.care.service.greetings import NOTHING_FRESH, heard_meanwhile, write_greetings
from crm_api.care.service.refusing import Refusals
from crm_api.care.terms import MessageState
from crm_api.care.values import Step, Tally
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import LOSING_STATES
from crm_api.kit.bulk import blank_row, insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.service.asking import Judge
    from crm_api.care.values import Cause, Greeting
    from crm_api.contact_frequency.values import Decision

CHUNK = 1200  # whose locks are held together: for half a second
BLANK = blank_row(CareMessage)
# By the governor's own clock, read once it holds its locks, the present is later than by ours.
HEADSTART = timedelta(minutes=2)
PASSED_BY = "planned_by_another_run"
COALESCED = "coalesced"
WINDOW_OVER = "window_over"


def count_cause(cause: Cause) -> Tally:
    """Return how many are due for a cause, and how many of those need no further look."""
    tally = Tally()
    for group in queries.count_due(cause):
        tally.due += group.count
        if group.state is not None:
            tally.already += group.count
        elif group.obstacle or cause.obstacle:
            tally.blocked[group.obstacle or cause.obstacle] += group.count
    return tally


def plan_people(people: Sequence[Any], cause: Cause, *, now: datetime) -> Step:
    """Greet some hundred people who are due, as far as the governor lets us.

    Two runs side by side meet in the governor, which gives one slot for an occurrence.
    """
    refusals = Refusals.before(cause, [person.occurrence for person in people])
    judge = asking.holding(refusals.is_news, seen=queries.seen_reach(people))
    judged = judge_people(people, cause, judge=judge, now=now)
    kept = _keep(cause, judged, now=now)
    for refusal in judged.refused:
        refusals.note(refusal)
    for person, reason in judged.left_out:
        refusals.note_left_out(person, reason)
    refusals.write([row["occurrence"] for row in kept], now=now)
    queued = [row for row in kept if row["state"] is not MessageState.COALESCED]
    step = Step(judged.tally, seen=len(people), last_key=people[-1].key if people else None)
    step.tally.planned = len(queued)
    step.tally.segments = sum(row["segments"] for row in queued)
    step.tally.blocked[COALESCED] += len(kept) - len(queued)
    step.tally.blocked[PASSED_BY] += len(judged.greetings) - len(kept)
    return step


@dataclass(slots=True)
class Judged:
    """The greetings that may go out, what the governor gave for each, and all the others."""

    tally: Tally = field(default_factory=Tally)
    greetings: list[Greeting] = field(default_factory=list)
    slots: list[Any] = field(default_factory=list)
    refused: list[Decision] = field(default_factory=list)
    left_out: Sequence[tuple[Any, str]] = ()


def judge_people(people: Sequence[Any], cause: Cause, *, judge: Judge, now: datetime) -> Judged:
    """Write to some people, and ask about each."""
    judged = Judged()
    window = cause.window.from_moment(now + HEADSTART)
    if window.is_over:
        judged.tally.blocked[WINDOW_OVER] += len(people)
        return judged
    written = write_greetings(people, cause, window=window)
    judged.left_out = written.left_out
    judged.tally.blocked.update(reason for _, reason in written.left_out)
    judged.tally.wordless.update(
        (person.tier, person.style)
        for person, reason in written.left_out
        if reason == NOTHING_FRESH
    )
    plans = [greeting.plan for greeting in written.greetings]
    answers = asking.ask(plans, window, judge=judge)
    for greeting, plan, answer in zip(written.greetings, plans, answers, strict=True):
        greeting.plan = plan
        if is_refusal(answer):
            judged.refused.append(answer)
            judged.tally.blocked[asking.why(answer)] += 1
        else:
            judged.greetings.append(greeting)
            judged.slots.append(answer)
    return judged


def _keep(cause: Cause, judged: Judged, *, now: datetime) -> list[dict[str, Any]]:
    """Queue the messages; give back the slot of one that another run queued just before.

    The locks that came with the slots are held: what is not there now cannot come any more.
    """
    if not judged.greetings:
        return []
    taken = queries.planned_occurrences(str(g.plan.occurrence) for g in judged.greetings)
    taken |= heard_meanwhile(judged.greetings, cause)
    rows, winners = [], set()
    for greeting, slot in zip(judged.greetings, judged.slots, strict=True):
        if greeting.plan.occurrence in taken:
            contact_frequency.release_slot(slot.id, reason=PASSED_BY)
        else:
            rows.append(_row(cause, greeting, slot, now=now))
            winners.update(slot.winners)
    insert_rows(CareMessage, rows)
    say_together(winners)
    return rows


def _row(cause: Cause, greeting: Greeting, slot: Any, *, now: datetime) -> dict[str, Any]:
    plan = greeting.plan
    has_lost = slot.state in LOSING_STATES
    return {
        **BLANK,
        "id": greeting.message_id,
        "created_at": now,
        "state": MessageState(slot.state) if has_lost else MessageState.QUEUED,
        "reason": slot.reason if has_lost else "",
        "winner_slot_id": slot.winner_slot_id,
        "tried_at": slot.judged_at if has_lost else None,
        "customer_id": plan.customer_id,
        "slot_id": slot.id,
        "occasion": cause.occasion,
        "festival_key": cause.festival_key,
        "occurrence": plan.occurrence,
        "on_day": cause.on,
        "category": plan.category,
        "template_id": greeting.words.template_id,
        "template_version": greeting.words.number,
        "priority": cause.priority,
        "due_at": plan.at,
        "send_before": plan.not_after,
        "number": plan.endpoint,
        "sender": config.current().sms_sender,
        "text": greeting.text,
        "encoding": greeting.encoding,
        "segments": greeting.segments,
    }
