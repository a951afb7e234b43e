"""Advice for people: what is left of a budget, the best next moment, a day that does not collide.

Nothing is stored or locked. Each answer takes the same few statements however many it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.contact_frequency.errors import DayPassed
from crm_api.contact_frequency.policies import decide, moments
from crm_api.contact_frequency.policies.budgets import Budget, budgets_at
from crm_api.contact_frequency.policies.free_time import FreeTime
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.queries.lists import require_visits
from crm_api.contact_frequency.service.ledger import unit_of
from crm_api.contact_frequency.service.locking import with_endpoints
from crm_api.contact_frequency.service.planning import touched_by
from crm_api.contact_frequency.values import Booking, Decision, Plan
from crm_api.customers import queries as customers
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.contact_frequency.policies.free_time import Interval
    from crm_api.contact_frequency.queries import Known
    from crm_api.contact_frequency.values import Wanted
    from crm_api.customers.terms import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAdvice:
    """What one channel allows: the answer for the moment asked, and what is left of its caps."""

    decision: Decision
    budgets: Sequence[Budget]
    is_preferred: bool = False

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return self.decision.plan.channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Where a contact would stand in the day; without a place, the decision or the day says why."""

    wanted: Wanted
    decision: Decision
    starts_at: datetime | None

    @property
    def ends_at(self) -> datetime | None:
        """Return when it would be over."""
        return self.starts_at and self.starts_at + timedelta(minutes=self.wanted.minutes)

    @property
    def is_crowded_out(self) -> bool:
        """Whether the contact is allowed, and only the day has no room left for it."""
        return self.starts_at is None and self.decision.is_allowed


def advise_on_channels(
    customer_id: str, *, category: Category, at: datetime | None, visible_to: Actor, now: datetime
) -> list[ChannelAdvice]:
    """Say of each channel when it is allowed next, the soonest first, and what is left of its caps.

    Of two that are allowed at one moment, the one that the customer prefers comes first.

    :raises NotFound: if the actor may not see the customer
    """
    plans = [
        Plan(customer_id=customer_id, channel=channel, category=category, at=at or now)
        for channel in Channel
    ]
    plans, frame, known = _look_up(plans, visible_to=visible_to, now=now)
    profile = customers.find_extended_profile(customer_id)
    preferred = profile.preferred_channel if profile else None
    found = []
    for plan in plans:
        facts = known.facts_for(plan)
        decision = decide(plan, facts, frame, now)
        left = budgets_at(plan, facts, frame)
        is_preferred = plan.channel is preferred
        found.append(ChannelAdvice(decision=decision, budgets=left, is_preferred=is_preferred))
    never = moments.moment_of(moments.micros(now) + 1000 * moments.DAY)
    return sorted(found, key=lambda a: (a.decision.next_allowed_at or never, not a.is_preferred))


def name_next_moments(customer_id: str, **asked: Any) -> dict[str, Any]:
    """Return the channels with their next moments, and the one to take: see `advise_on_channels`.

    :raises NotFound: if the actor may not see the customer
    """
    items = advise_on_channels(customer_id, **asked)
    best = items[0] if items[0].decision.next_allowed_at else None
    return {"best": best, "items": items}


def check_budget(customer_id: str, *, channel: Channel, **asked: Any) -> dict[str, Any]:
    """Say whether a contact would be allowed, when it would be, and what else would do.

    :raises NotFound: if the actor may not see the customer
    """
    channels = advise_on_channels(customer_id, **asked)
    [own] = [advice for advice in channels if advice.channel is channel]
    return {**own.decision.document, "budgets": own.budgets, "channels": channels}


def _look_up(
    plans: Sequence[Plan], *, visible_to: Actor, now: datetime
) -> tuple[list[Plan], PolicyFrame, Known]:
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    customers.require_visible(met, visible_to=visible_to)
    serving = {(plan.visit_id, plan.customer_id) for plan in plans if plan.visit_id is not None}
    require_visits(serving, is_ahead=True)
    frame, reach = frame_at(now), customers.reach_of(met)
    plans = with_endpoints(plans, reach)
    return plans, frame, gather(plans, frame=frame, now=now, reach=reach)


def propose_day(
    on: date,
    *,
    wanted: Sequence[Wanted],
    hours: Sequence[tuple[int, int]] | None,
    pause_minutes: int,
    visible_to: Actor,
    now: datetime,
) -> list[Proposal]:
    """Give each contact of a day a moment that is allowed, when nobody else is being met.

    They are judged together: what one takes of a customer's or a number's budget, the next finds
    taken. Those with a moment of their own come first, by time; the others follow in the order
    given, each as early as it is allowed. The same question has the same answer.

    :raises DayPassed: if the day is over
    :raises NotFound: if the actor may not see one of the customers, or a visit is not theirs
    """
    today = calendars.local_day(now)
    if on < today:
        raise DayPassed(on=on, today=today)
    frame = frame_at(now)
    worked = _worked(on, hours, frame, now=now)
    start = moments.moment_of(worked[0][0] if worked else moments.micros(now))
    plans = [w.plan if w.is_fixed else replace(w.plan, at=start) for w in wanted]
    plans, frame, known = _look_up(plans, visible_to=visible_to, now=now)
    asked = [replace(w, plan=plan) for w, plan in zip(wanted, plans, strict=True)]
    day = _Day(FreeTime(worked, pause_minutes * 60 * moments.SECOND), frame, known, now)
    order = sorted(
        range(len(asked)),
        key=lambda n: (not asked[n].is_fixed, asked[n].plan.at if asked[n].is_fixed else now, n),
    )
    placed = {n: day.place(asked[n], name=f"plan-{n}") for n in order}
    return [placed[n] for n in range(len(asked))]


def _worked(
    on: date, hours: Sequence[tuple[int, int]] | None, frame: PolicyFrame, *, now: datetime
) -> list[Interval]:
    """Return the hours of a local day that are still ahead; the usual ones unless others are."""
    if hours is None:
        usual = calendars.working_hours(on)
        hours = [(_minutes(span.starts_at), _minutes(span.ends_at)) for span in usual]
    day, here = moments.day_number(on), moments.micros(now)
    spans = [
        (moments.clock_time(day, opens, frame.zone), moments.clock_time(day, closes, frame.zone))
        for opens, closes in hours
    ]
    return sorted((max(opens, here), closes) for opens, closes in spans if closes > here)


def _minutes(shown: time) -> int:
    return shown.hour * 60 + shown.minute


@dataclass(frozen=True, slots=True)
class _Day:
    """A day in the making."""

    free: FreeTime
    frame: PolicyFrame
    known: Known
    now: datetime

    def place(self, wanted: Wanted, *, name: str) -> Proposal:
        """Find the first moment that is both free and allowed, and keep it."""
        first: Decision | None = None
        here: int | None = moments.micros(wanted.plan.at)
        if not wanted.is_fixed:
            here = self.free.earliest(here or 0, length=_length(wanted))
        while here is not None:
            decision = self._judge(wanted, here)
            first = first or decision
            if decision.is_allowed:
                return self._keep(wanted, decision, name=name)
            later = decision.next_allowed_at
            if wanted.is_fixed or later is None:
                break
            here = self.free.earliest(moments.micros(later), length=_length(wanted))
        judged = first or self._judge(wanted, moments.micros(wanted.plan.at))
        return Proposal(wanted=wanted, decision=judged, starts_at=None)

    def _judge(self, wanted: Wanted, at: int) -> Decision:
        plan = replace(wanted.plan, at=moments.moment_of(at))
        return decide(plan, self.known.facts_for(plan), self.frame, self.now)

    def _keep(self, wanted: Wanted, decision: Decision, *, name: str) -> Proposal:
        plan = decision.plan
        start = moments.micros(plan.at)
        if not self.free.is_free(start, start + _length(wanted)):
            return Proposal(wanted=wanted, decision=decision, starts_at=None)
        facts = self.known.facts_for(plan)
        unit = unit_of(plan, facts, slot_id=name)
        booking = Booking(
            id=name,
            customer_id=plan.customer_id,
            channel=plan.channel,
            category=plan.category,
            planned_at=plan.at,
        )
        self.known.add(booking, plan, unit=unit, subject_ids=touched_by(plan))
        self.free.take(start, start + _length(wanted))
        return Proposal(wanted=wanted, decision=decision, starts_at=plan.at)


def _length(wanted: Wanted) -> int:
    return wanted.minutes * 60 * moments.SECOND
