"""A plan that stores nothing: what would go out, what it would cost, and who would get nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.care import queries
from crm_api.care.service.planning import CHUNK, COALESCED, judge_people
from crm_api.care.values import Step
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import ReasonCode
from crm_api.kit.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from crm_api.care.values import Cause, Greeting, Tally
    from crm_api.contact_frequency.values import Plan


class Rehearsal:
    """It remembers whom it would have greeted, as the ledger would, in no memory to speak of."""

    def __init__(self) -> None:
        self._greeted, self._called = Seen(), Seen()

    def plan_chunk(self, cause: Cause, *, after: str | None, now: datetime) -> Step:
        """Tell what planning the next few hundred people would do."""

        def preflight(plans: Sequence[Plan], **_: Any) -> Sequence[Any]:
            return contact_frequency.preflight_plans(plans, now=now)

        people = queries.open_people(cause, after=after, limit=CHUNK)
        judged = judge_people(people, cause, judge=preflight, now=now)
        tally = judged.tally
        tally.blocked[COALESCED] += tally.blocked.pop(ReasonCode.GREETED_THAT_DAY, 0)
        for greeting in judged.greetings:
            self._note(greeting, tally, on=cause.on)
        return Step(tally, seen=len(people), last_key=people[-1].key if people else None)

    def _note(self, greeting: Greeting, tally: Tally, *, on: date) -> None:
        person = str(greeting.plan.occurrence).rsplit(":", 1)[1]
        who, number = f"{person}:{on}", f"{greeting.plan.endpoint}:{on}"
        if who in self._greeted:
            tally.blocked[COALESCED] += 1
        elif number in self._called:
            tally.blocked[ReasonCode.GAP_TOO_SHORT] += 1
        else:
            tally.planned += 1
            tally.segments += greeting.segments
            self._greeted.add(who)
            self._called.add(number)
