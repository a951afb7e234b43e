"""Whom to visit: what speaks for each of a portfolio, and when the governor allows it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.accounts.models import Role
from crm_api.calendars import service as calendars
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history.cadences import queries as cadences
from crm_api.customers.places.queries import primary_places
from crm_api.customers.policies.grief import is_grief
from crm_api.customers.terms import AnniversaryKind, Channel, Kind
from crm_api.preparation.days import queries
from crm_api.preparation.days.policies import urgency
from crm_api.preparation.days.service import reach
from crm_api.preparation.days.values import Proposal, Proposals
from crm_api.visits.models import FollowUp, Promise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.values import Openings
    from crm_api.customers.models import Anniversary, LifeEvent
    from crm_api.customers.terms import Category
    from crm_api.preparation.days.values import Candidate, Reason

    Reasons = dict[str, list[Reason]]

TASKS_AHEAD = timedelta(days=7)
DATES_AHEAD = timedelta(days=14)
EVENTS_BACK = timedelta(days=7)
CONTRACT_AHEAD = timedelta(days=60)
# The governor is asked about so many of the most urgent, in the statements that one would take.
MOST_JUDGED = 400


def propose_visits(
    on: date,
    *,
    owner_id: str | None,
    category: Category,
    limit: int,
    only_allowed: bool,
    visible_to: Actor,
    now: datetime,
) -> Proposals:
    """Propose whom to visit on a day, the most urgent first, with reasons and allowed moments.

    An account manager who names nobody is told of all whom they serve, covered ones included. Who
    gets a visit anyhow is not proposed. However large the portfolio, the statements are the same.

    :raises DayPassed: if the day is over
    :raises Invalid: if it is too far away, or nobody is named who has a portfolio
    :raises NotFound: if the actor may not see whoever is named
    """
    reach.require_ahead(on, now=now)
    if owner_id is not None or visible_to.role is not Role.ACCOUNT_MANAGER:
        owner_id = reach.require_owner(owner_id, visible_to=visible_to)
    reasons = reasons_for(on, owner_id=owner_id, visible_to=visible_to)
    served = queries.with_visit_ahead(reasons, now=now)
    candidates = weigh(reasons.keys() - served, reasons, on=on, visible_to=visible_to)
    urgent = sorted(candidates.values(), key=lambda c: (-c.score, c.customer_id))[:MOST_JUDGED]
    openings = openings_for({c.customer_id: category for c in urgent}, on=on, now=now)
    places = primary_places([c.customer_id for c in urgent])
    found = (
        Proposal(candidate=c, openings=openings[c.customer_id], place=places.get(c.customer_id))
        for c in urgent
        if c.score > 0
    )
    items = [proposal for proposal in found if proposal.is_allowed or not only_allowed]
    return Proposals(on=on, is_workday=calendars.is_workday(on), items=items[:limit])


def reasons_for(on: date, **whose: Any) -> Reasons:
    """Return what speaks for a visit on a day to whom of a portfolio, tier and silence apart."""
    found: Reasons = {}
    due_before = {
        tier: calendars.day_bounds(on - timedelta(days=cadence.target_days))[1]
        for tier, cadence in cadences.cadences().items()
    }
    for customer_id in queries.silent_customers(due_before, **whose):
        found[customer_id] = []
    told = (
        _tasks(on, **whose),
        _own_days(on, **whose),
        _life_events(on, **whose),
        _contracts(on, **whose),
    )
    for customer_id, reason in (one for kind in told for one in kind):
        found.setdefault(customer_id, []).append(reason)
    return found


def weigh(
    customer_ids: Collection[str], reasons: Reasons, *, on: date, visible_to: Actor
) -> dict[str, Candidate]:
    """Return these customers with all that speaks for visiting them, silence and tier included."""
    rhythm, candidates = (
        cadences.cadences(),
        queries.find_candidates(customer_ids, visible_to=visible_to),
    )
    for customer_id, candidate in candidates.items():
        since = candidate.last_two_way_at or candidate.known_since
        silence = urgency.of_silence(
            (on - calendars.local_day(since)).days,
            cadence=rhythm[candidate.tier],
            is_met=candidate.last_two_way_at is not None,
        )
        own: Iterable[Reason | None] = (silence, urgency.of_tier(candidate.tier))
        told = [*reasons.get(customer_id, ()), *(reason for reason in own if reason)]
        candidate.reasons = sorted(told, key=lambda r: (-r.points, r.code, r.record_id or ""))
    return candidates


def openings_for(wanted: dict[str, Category], *, on: date, now: datetime) -> dict[str, Openings]:
    """Return when on a day each of these customers may be visited."""
    hours = reach.hours_left(on, now=now)
    at = hours[0][0] if hours else now
    groups = queries.groups_of_each(wanted)
    plans = [
        Plan(
            customer_id=customer_id,
            channel=Channel.VISIT,
            category=category,
            at=at,
            also_customer_ids=groups.get(customer_id, ()),
        )
        for customer_id, category in wanted.items()
    ]
    found = contact_frequency.find_openings(plans, spans=hours, now=now)
    return {openings.plan.customer_id: openings for openings in found}


def _tasks(on: date, **whose: Any) -> Iterator[tuple[str, Reason]]:
    for model, reason_of in ((Promise, urgency.of_promise), (FollowUp, urgency.of_follow_up)):
        for row in queries.tasks_open(model, due_by=on + TASKS_AHEAD, **whose):
            yield row.customer_id, reason_of(row.due_on, on=on, text=row.text, record_id=row.id)


def _own_days(on: date, **whose: Any) -> Iterator[tuple[str, Reason]]:
    end = on + DATES_AHEAD
    for day, kind in queries.anniversaries_falling(on, end, **whose):
        if _is_grief(day, kind):
            continue
        for falls_on in _falls(day, on, end):
            is_birthday = day.kind is AnniversaryKind.BIRTHDAY
            yield (
                day.customer_id,
                urgency.of_own_day(
                    falls_on, on=on, is_birthday=is_birthday, label=day.label or day.kind
                ),
            )


def _falls(day: Anniversary, start: date, end: date) -> Sequence[date]:
    occurrences = calendars.occurrences(
        day.calendar,
        month=day.month,
        day=day.day,
        is_leap_month=day.is_leap_month,
        start=start,
        end=end,
    )
    return [occurrence.on for occurrence in occurrences][:1]


def _life_events(on: date, **whose: Any) -> Iterator[tuple[str, Reason]]:
    for event, kind in queries.life_events_between(on - EVENTS_BACK, on + DATES_AHEAD, **whose):
        if _is_grief(event, kind):
            continue
        label = event.label or event.kind
        yield event.customer_id, urgency.of_life_event(event.happened_on, on=on, label=label)


def _is_grief(day: Anniversary | LifeEvent, kind: Kind) -> bool:
    """Tell whether a day is no reason to drop in: the brief of another visit tells of it."""
    return is_grief(day.label, kind=day.kind, is_of_group=kind is Kind.GROUP)


def _contracts(on: date, **whose: Any) -> Iterator[tuple[str, Reason]]:
    for row in queries.contracts_ending(on, on + CONTRACT_AHEAD, **whose):
        reason = urgency.of_contract(row.contract_end_on, on=on, plan_name=row.plan_name)
        yield row.id, reason
