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
from crm_api.care.service.greetings import write_greetings
from crm_api.care.service.wordless import note_wordless
from crm_api.care.terms import MessageState
from crm_api.care.values import Step, Tally
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import LOSING_STATES, ReasonCode
from crm_api.kit.bulk import blank_row, insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from crm_api.care.service.asking import Judge
    from crm_api.care.values import Cause, Greeting
    from crm_api.contact_frequency.values import Plan

CHUNK = 500
BLANK = blank_row(CareMessage)
# By the governor's own clock, read once it holds its locks, the present is later than by ours.
HEADSTART = timedelta(minutes=2)
PASSED_BY = "planned_by_another_run"
COALESCED = "coalesced"


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


def plan_chunk(cause: Cause, *, after: str | None, now: datetime) -> Step:
    """Greet the next few hundred people who are due, as far as the governor lets us.

    Repeating it is safe: whoever has a message for the occurrence is not found again, and two runs
    side by side meet in the governor, which gives one slot for an occurrence.
    """
    step, greetings, slots = _judge_chunk(cause, after=after, judge=asking.hold, now=now)
    note_wordless(cause, step.left_out, now=now)
    kept = _keep(cause, greetings, slots, now=now)
    said = sum(row["state"] is MessageState.COALESCED for row in kept)
    step.tally.planned = len(kept) - said
    step.tally.blocked[COALESCED] += said
    step.tally.blocked[PASSED_BY] += len(greetings) - len(kept)
    return step


@dataclass(slots=True)
class Rehearsal:
    """A plan that stores nothing. It remembers whom it would have greeted, as the ledger would."""

    greeted: set[tuple[str, date]] = field(default_factory=set)
    called: set[tuple[str, date]] = field(default_factory=set)

    def plan_chunk(self, cause: Cause, *, after: str | None, now: datetime) -> Step:
        """Tell what planning the next few hundred people would do."""

        def preflight(plans: Sequence[Plan]) -> Sequence[Any]:
            return contact_frequency.preflight_plans(plans, now=now)

        step, greetings, _ = _judge_chunk(cause, after=after, judge=preflight, now=now)
        step.tally.blocked[COALESCED] += step.tally.blocked.pop(ReasonCode.GREETED_THAT_DAY, 0)
        for greeting in greetings:
            self._note(greeting, step.tally, on=cause.on)
        return step

    def _note(self, greeting: Greeting, tally: Tally, *, on: date) -> None:
        person, number = _person_of(greeting), greeting.plan.endpoint or ""
        if (person, on) in self.greeted:
            tally.blocked[COALESCED] += 1
        elif (number, on) in self.called:
            tally.blocked[ReasonCode.GAP_TOO_SHORT] += 1
        else:
            tally.planned += 1
            self.greeted.add((person, on))
            self.called.add((number, on))


def _person_of(greeting: Greeting) -> str:
    return str(greeting.plan.occurrence).rsplit(":", 1)[1]


def _judge_chunk(
    cause: Cause, *, after: str | None, judge: Judge, now: datetime
) -> tuple[Step, list[Greeting], list[Any]]:
    """Return the greetings that may go out, with what the governor gave for each."""
    due = queries.due_people(cause, after=after, limit=CHUNK)
    people = [person for person in due if person.is_open]
    step = Step(Tally(), seen=len(people), last_key=due[-1].key if due else None)
    window = cause.window.from_moment(now + HEADSTART)
    if window.is_over:
        step.tally.blocked["window_over"] += len(people)
        return step, [], []
    written = write_greetings(people, cause, window=window)
    greetings, step.left_out = written.greetings, written.left_out
    step.tally.blocked.update(reason for _, reason in step.left_out)
    plans = [greeting.plan for greeting in greetings]
    answers = asking.ask(plans, [window] * len(plans), judge=judge)
    for greeting, plan in zip(greetings, plans, strict=True):
        greeting.plan = plan
    allowed = [(g, a) for g, a in zip(greetings, answers, strict=True) if not is_refusal(a)]
    step.tally.blocked.update(asking.why(a) for a in answers if is_refusal(a))
    return step, [g for g, _ in allowed], [a for _, a in allowed]


def _keep(
    cause: Cause, greetings: list[Greeting], slots: list[Any], *, now: datetime
) -> list[dict[str, Any]]:
    """Queue the messages; give back the slot of one that another run queued just before.

    The locks that came with the slots are held: what is not there now cannot come any more.
    """
    if not greetings:
        return []
    taken = queries.planned_occurrences(str(g.plan.occurrence) for g in greetings)
    rows = []
    for greeting, slot in zip(greetings, slots, strict=True):
        if greeting.plan.occurrence in taken:
            contact_frequency.release_slot(slot.id, reason=PASSED_BY)
        else:
            rows.append(_row(cause, greeting, slot, now=now))
    insert_rows(CareMessage, rows)
    say_together({row["winner_slot_id"] or row["slot_id"] for row in rows})
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
