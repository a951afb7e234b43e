"""Plan greetings in bulk. Rows, not objects: this runs once for every customer of a festival."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.care import queries
from crm_api.care.models import CareMessage
from crm_api.care.policies.choosing import stable_number
from crm_api.care.service.greetings import write_greetings
from crm_api.care.terms import MessageState
from crm_api.care.values import Step, Tally
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import ReasonCode
from crm_api.contact_frequency.values import Decision
from crm_api.kit.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from crm_api.care.policies.timing import Window
    from crm_api.care.values import Cause, Greeting
    from crm_api.contact_frequency.values import Plan

    # Says of each plan, in order, why it is refused; or gives its slot, if it got one.
    Judge = Callable[[Sequence[Plan]], Sequence[Any]]

CHUNK = 500
# By the governor's own clock, read once it holds its locks, the present is later than by ours.
HEADSTART = timedelta(minutes=2)
PASSED_BY = "planned_by_another_run"


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

    def reserve(plans: Sequence[Plan]) -> Sequence[Any]:
        return contact_frequency.reserve_slots(plans, by_id=None)

    step, greetings, slots = _judge_chunk(cause, after=after, judge=reserve, now=now)
    step.tally.planned = _keep(cause, greetings, slots, now=now)
    step.tally.blocked[PASSED_BY] += len(greetings) - step.tally.planned
    return step


@dataclass(slots=True)
class Rehearsal:
    """A plan that stores nothing. It remembers whom it would have greeted, as the ledger would."""

    greeted: set[tuple[str, date]] = field(default_factory=set)

    def plan_chunk(self, cause: Cause, *, after: str | None, now: datetime) -> Step:
        """Tell what planning the next few hundred people would do."""

        def preflight(plans: Sequence[Plan]) -> Sequence[Any]:
            return contact_frequency.preflight_plans(plans, now=now)

        step, greetings, _ = _judge_chunk(cause, after=after, judge=preflight, now=now)
        numbers = {(greeting.plan.endpoint or "", cause.on) for greeting in greetings}
        step.tally.planned = len(numbers - self.greeted)
        step.tally.blocked[ReasonCode.GAP_TOO_SHORT] += len(greetings) - step.tally.planned
        self.greeted |= numbers
        return step


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
    greetings, step.tally.blocked = write_greetings(people, cause, window=window)
    answers = list(judge([greeting.plan for greeting in greetings]))
    _try_later(greetings, answers, window=window, judge=judge)
    allowed = [(g, a) for g, a in zip(greetings, answers, strict=True) if not _refuses(a)]
    step.tally.blocked.update(_why(a) for a in answers if _refuses(a))
    return step, [g for g, _ in allowed], [a for _, a in allowed]


def _try_later(
    greetings: list[Greeting], answers: list[Any], *, window: Window, judge: Judge
) -> None:
    """Ask once more for those whose day has room later on: a greeting keeps its day."""
    again = []
    for n, answer in enumerate(answers):
        later = answer.next_allowed_at if _refuses(answer) else None
        if later is not None and not (rest := window.from_moment(later)).is_over:
            moment = rest.place(stable_number(greetings[n].message_id))
            greetings[n].plan = replace(greetings[n].plan, at=moment)
            again.append(n)
    if again:
        seconds = judge([greetings[n].plan for n in again])
        for n, answer in zip(again, seconds, strict=True):
            answers[n] = answer


def _refuses(answer: Any) -> bool:
    return isinstance(answer, Decision) and not answer.is_allowed


def _why(refusal: Decision) -> str:
    if refusal.binding is not None:
        return str(refusal.reasons[refusal.binding].code)
    return str(next(reason.code for reason in refusal.reasons if reason.blocks))


def _keep(cause: Cause, greetings: list[Greeting], slots: list[Any], *, now: datetime) -> int:
    """Queue the messages; give back the slot of one that another run queued just before.

    The locks that came with the slots are held: what is not there now cannot come any more.
    """
    if not greetings:
        return 0
    taken = queries.planned_occurrences(str(g.plan.occurrence) for g in greetings)
    rows = []
    for greeting, slot in zip(greetings, slots, strict=True):
        if greeting.plan.occurrence in taken:
            contact_frequency.release_slot(slot.id, reason=PASSED_BY)
        else:
            rows.append(_row(cause, greeting, slot_id=slot.id, now=now))
    insert_rows(CareMessage, rows)
    return len(rows)


def _row(cause: Cause, greeting: Greeting, *, slot_id: str, now: datetime) -> dict[str, Any]:
    plan = greeting.plan
    return {
        "id": greeting.message_id,
        "created_at": now,
        "state": MessageState.QUEUED,
        "reason": "",
        "customer_id": plan.customer_id,
        "slot_id": slot_id,
        "occasion": cause.occasion,
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
        "attempt": 0,
        "idle_leases": 0,
        "lease_epoch": 0,
        "lease_worker": "",
    }
