"""A day's round: who is called on in which order, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.calendars import service as calendars
from crm_api.contact_frequency.service import advising
from crm_api.contact_frequency.values import Opening, Plan, Wanted
from crm_api.customers import queries as customers
from crm_api.customers.places.queries import places_by_id, primary_places
from crm_api.customers.terms import Channel
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.transactions import end_reading
from crm_api.preparation.days import queries
from crm_api.preparation.days.policies.rounds import Travel, order_calls
from crm_api.preparation.days.service import reach
from crm_api.preparation.days.service.proposing import openings_for, reasons_for, weigh
from crm_api.preparation.days.terms import LeftOut
from crm_api.preparation.days.values import Call, Omitted, Round, Stop
from crm_api.visits.policies.check_in import Position

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.values import Openings
    from crm_api.customers.models import Place
    from crm_api.visits.models import Visit

    Timed = list[tuple[Call, datetime]]


def propose_round(
    on: date,
    *,
    calls: Sequence[dict[str, Any]],
    owner_id: str | None,
    start: Position | None,
    visible_to: Actor,
    now: datetime,
) -> Round:
    """Put calls into an order that saves ways, around the visits that stand already.

    Each call gets a moment that the governor allows beside all others; what finds none is left
    out, with the reason. Nothing is stored, and the same question has the same answer.

    :raises DayPassed: if the day is over
    :raises Invalid: if it is too far away, or nobody is named whose day it is
    :raises NotFound: if the actor may not see somebody named, or a place is not the customer's
    """
    reach.require_ahead(on, now=now)
    owner_id = reach.require_owner(owner_id, visible_to=visible_to)
    customers.require_visible([c["customer_id"] for c in calls], visible_to=visible_to)
    openings = openings_for({c["customer_id"]: c["category"] for c in calls}, on=on, now=now)
    wanted = _wanted(calls, openings, on=on, owner_id=owner_id, visible_to=visible_to)
    begins_at, ends_at = calendars.day_bounds(on)
    standing = queries.fixed_visits(begins_at, ends_at, owner_id=owner_id, visible_to=visible_to)
    everything = [*(_standing(visit) for visit in standing), *wanted]
    travel = Travel(config.current().travel_km_per_hour)
    # To think takes seconds, and on SQLite nobody else could write meanwhile. Nothing was changed.
    db.session.expunge_all()
    end_reading()
    times = order_calls(everything, start=start, day_starts_at=begins_at, travel=travel)
    timed = [(call, times[n]) for n, call in enumerate(everything) if n in times]
    kept, left_out = _judge_together(
        [one for one in timed if not one[0].is_fixed],
        categories={c["customer_id"]: c["category"] for c in calls},
        openings=openings,
        on=on,
        visible_to=visible_to,
        now=now,
    )
    kept += [(call, call.visit.starts_at) for call in everything if call.visit]
    placed = {call.customer_id for call, _ in timed if not call.is_fixed}
    left_out += [_omitted(call, openings) for call in wanted if call.customer_id not in placed]
    return Round(on=on, stops=stops_of(kept, start=start, travel=travel), left_out=left_out)


def stops_of(timed: Timed, *, start: Position | None, travel: Travel) -> list[Stop]:
    """Return calls in the order of their times, each with the way from the one before."""
    stops: list[Stop] = []
    here, left_at = start, None
    for call, at in sorted(timed, key=lambda one: (one[1], one[0].customer_id)):
        is_begun = start is not None or bool(stops)
        metres = travel.metres(here, call.point) if is_begun else None
        way = travel.time(here, call.point) if is_begun else timedelta()
        needed = way if metres is not None else timedelta()
        ends_at = at + timedelta(minutes=call.minutes)
        stops.append(
            Stop(
                call=call,
                starts_at=at,
                ends_at=ends_at,
                way_metres=metres,
                way_minutes=way // timedelta(minutes=1),
                is_tight=left_at is not None and left_at + needed > at,
            )
        )
        here, left_at = call.point, ends_at
    return stops


def _wanted(
    calls: Sequence[dict[str, Any]],
    openings: dict[str, Openings],
    *,
    on: date,
    owner_id: str,
    visible_to: Actor,
) -> list[Call]:
    ids = [call["customer_id"] for call in calls]
    places = _places(calls)
    reasons = reasons_for(on, owner_id=owner_id, visible_to=visible_to)
    weights = weigh(ids, reasons, on=on, visible_to=visible_to)
    hours = reach.hours_of(on)
    return [
        Call(
            customer_id=call["customer_id"],
            place=place.address if place else None,
            place_id=place.id if place else None,
            point=point_of(place.latitude, place.longitude) if place else None,
            minutes=call["minutes"],
            openings=_within(openings[call["customer_id"]], hours, minutes=call["minutes"]),
            urgency=max(weights[call["customer_id"]].score, 0),
        )
        for call in calls
        for place in [places.get(call["customer_id"])]
    ]


def _places(calls: Sequence[dict[str, Any]]) -> dict[str, Place]:
    """Return where each customer is met: the place named, else the primary one."""
    named = places_by_id([call["place_id"] for call in calls if call["place_id"]])
    places = primary_places([call["customer_id"] for call in calls])
    for call in calls:
        if call["place_id"] is None:
            continue
        place = named.get(call["place_id"])
        if place is None or place.customer_id != call["customer_id"]:
            raise NotFound("place")
        places[call["customer_id"]] = place
    return places


def _within(openings: Openings, hours: list[reach.Span], *, minutes: int) -> tuple[Opening, ...]:
    """Return when a call may begin so that it also ends within the hours."""
    length = timedelta(minutes=minutes)
    found = []
    for opening in openings.spans:
        for opens, closes in hours:
            first, last = max(opening.first_at, opens), min(opening.last_at, closes - length)
            if first <= last:
                found.append(Opening(first_at=first, last_at=last))
    return tuple(found)


def _standing(visit: Visit) -> Call:
    return Call(
        customer_id=visit.customer_id,
        place=visit.place,
        point=point_of(visit.place_latitude, visit.place_longitude),
        minutes=(visit.ends_at - visit.starts_at) // timedelta(minutes=1),
        openings=(),
        visit=visit,
    )


def point_of(latitude: float | None, longitude: float | None) -> Position | None:
    """Return a point on the map, if both its coordinates are known."""
    if latitude is None or longitude is None:
        return None
    return Position(latitude, longitude)


def _judge_together(
    timed: Timed,
    *,
    categories: dict[str, Any],
    openings: dict[str, Openings],
    on: date,
    visible_to: Actor,
    now: datetime,
) -> tuple[Timed, list[Omitted]]:
    """Keep what is allowed beside the others: two of one household may each be, and not both."""
    if not timed:
        return [], []
    wanted = [
        Wanted(
            plan=Plan(
                customer_id=call.customer_id,
                channel=Channel.VISIT,
                category=categories[call.customer_id],
                at=at,
                also_customer_ids=openings[call.customer_id].plan.also_customer_ids,
            ),
            minutes=call.minutes,
            is_fixed=True,
        )
        for call, at in timed
    ]
    judged = advising.propose_day(
        on, wanted=wanted, hours=None, pause_minutes=0, visible_to=visible_to, now=now
    )
    kept = [one for one, proposal in zip(timed, judged, strict=True) if proposal.starts_at]
    refused = [p.decision for p in judged if p.starts_at is None]
    return kept, [
        Omitted(
            customer_id=decision.plan.customer_id,
            why=LeftOut.BLOCKED_BESIDE,
            blocked_by=tuple(reason.code for reason in decision.reasons if reason.blocks),
            next_allowed_at=decision.next_allowed_at,
        )
        for decision in refused
    ]


def _omitted(call: Call, openings: dict[str, Openings]) -> Omitted:
    own = openings[call.customer_id]
    return Omitted(
        customer_id=call.customer_id,
        why=LeftOut.CROWDED_OUT if own.spans else LeftOut.BLOCKED,
        blocked_by=own.blocked_by,
        next_allowed_at=own.next_allowed_at,
    )
