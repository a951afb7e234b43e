"""Read what a chunk of plans rests on: in one snapshot, and never by objects of the session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.facts import HoldFact, OptOutFact, SlotFact
from crm_api.contact_frequency.policies.search import HORIZON
from crm_api.contact_frequency.queries.bearing import FACTS
from crm_api.contact_frequency.queries.frames import STAMP, frame_at, last_catalog
from crm_api.contact_frequency.queries.known import Known, Standing, Visit, met_by, when
from crm_api.contact_frequency.queries.said import said_on_numbers
from crm_api.contact_frequency.queries.standings import standing_of
from crm_api.contact_frequency.terms import Counting, HoldKind, Period
from crm_api.contact_frequency.values import Booking
from crm_api.customers import queries as customers
from crm_api.customers.segments import queries as segment_queries
from crm_api.customers.terms import Category, Channel
from crm_api.kit.bundles import Bundle
from crm_api.kit.errors import Busy, NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies import PolicyFrame, Rule
    from crm_api.contact_frequency.values import Plan
    from crm_api.customers.values import Reach
    from crm_api.kit.bundles import Rows

_PERIOD_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31}

_GATHERED = Bundle(**FACTS)
_AT_A_LOOK = Bundle(**FACTS, **customers.REACH, **STAMP)


def gather(
    plans: Sequence[Plan],
    *,
    frame: PolicyFrame,
    now: datetime,
    reach: Mapping[str, Reach] | None = None,
    are_new: bool = False,
) -> Known:
    """Read what bears on these plans, in one snapshot; of new ones, which sources are booked.

    `reach` is handed in where it was read under the locks.

    :raises NotFound: if a customer does not exist
    """
    if reach is None:
        reach = customers.reach_of({customer_id for plan in plans for customer_id in met_by(plan)})
    wanted = _wanted(plans, reach, frame, now)
    rows = _GATHERED.read(**(wanted if are_new else wanted | {"sources": ()}))
    return _known(plans, rows, reach=reach, frame=frame, now=now)


def look_at(plan: Plan, *, now: datetime, reach: Mapping[str, Reach]) -> tuple[PolicyFrame, Known]:
    """Read under the locks what is in force and what bears on a plan: one statement as a rule.

    It takes more where this process does not know yet what changed about the policies. `reach` is
    what was so before the locks were held.

    :raises Busy: if whom the plan reaches is not what it was
    :raises NotFound: if a customer does not exist
    """
    catalog = last_catalog()
    frame = frame_at(now) if catalog is None else catalog.frame_at(now)
    rows = _AT_A_LOOK.read(**_wanted([plan], reach, frame, now))
    since = customers.reach_from(rows)
    if any(since[customer_id] != reach[customer_id] for customer_id in met_by(plan)):
        raise Busy
    if catalog is not None and not catalog.still_holds(rows):
        frame = frame_at(now)
        return frame, gather([plan], frame=frame, now=now, reach=reach, are_new=True)
    return frame, _known([plan], rows, reach=reach, frame=frame, now=now)


def _wanted(
    plans: Sequence[Plan], reach: Mapping[str, Reach], frame: PolicyFrame, now: datetime
) -> dict[str, Any]:
    met = {customer_id for plan in plans for customer_id in met_by(plan)}
    if not met <= reach.keys():
        raise NotFound("customer")
    everyone = sorted({member for c in met for member in reach[c].person_ids})
    numbers = {p.endpoint for p in plans if p.endpoint}
    numbers |= {number for c in met if (number := reach[c].phone) is not None}
    return {
        "customer_ids": everyone,
        "subject_ids": [*everyone, *sorted(numbers)],
        "numbers": sorted(numbers),
        "frame": frame.digest,
        **_asked_of(plans),
        **_span(plans, frame.rules, now),
    }


def _known(
    plans: Sequence[Plan],
    rows: dict[str, Rows],
    *,
    reach: Mapping[str, Reach],
    frame: PolicyFrame,
    now: datetime,
) -> Known:
    groups = {c: list(reach[c].person_ids) for plan in plans for c in met_by(plan)}
    by_number, by_customer = _opt_outs(rows["opt_outs"])
    return Known(
        groups=groups,
        standings=_standings(groups, rows, opt_outs=by_customer, frame=frame, now=now),
        slots=_slots(rows["slots"]),
        opt_outs=by_number,
        occurrences={
            (customer, occurrence): slot for customer, occurrence, slot in rows["occurrences"]
        },
        visits=_visits(rows["visits"]),
        is_frame_kept=bool(rows["frames"]),
        sources={source: Booking(*booked) for source, *booked in rows["sources"]},
        said=said_on_numbers(plans),
    )


def _standings(
    groups: Mapping[str, list[str]],
    rows: dict[str, Rows],
    *,
    opt_outs: _OptOuts,
    frame: PolicyFrame,
    now: datetime,
) -> dict[str, Standing]:
    governed, holds = customers.governed_of(rows), _holds(rows["holds"])
    segments = _segments(groups, frame, now)
    return {
        customer_id: standing_of(
            [governed[member] for member in members],
            own=governed[customer_id],
            holds=holds,
            opt_outs=opt_outs,
            segments=segments.get(customer_id, ()),
            zone=frame.zone,
        )
        for customer_id, members in groups.items()
    }


def _segments(
    customer_ids: Collection[str], frame: PolicyFrame, now: datetime
) -> dict[str, tuple[str, ...]]:
    """Return who of them is in which of the segments that policies name: mostly there are none."""
    if not frame.segment_ids:
        return {}
    today = now.astimezone(frame.zone).date()
    return segment_queries.memberships(frame.segment_ids, today=today, among=customer_ids)


def _asked_of(plans: Sequence[Plan]) -> dict[str, list[str]]:
    return {
        "occurrences": sorted({plan.occurrence for plan in plans if plan.occurrence}),
        "visit_ids": sorted({plan.visit_id for plan in plans if plan.visit_id}),
        "sources": sorted({plan.source for plan in plans if plan.source}),
    }


def _span(plans: Sequence[Plan], rules: tuple[Rule, ...], now: datetime) -> dict[str, int]:
    """Return from when to when contacts can bear on these plans: not on all of history."""
    width = max((_width(rule) for rule in rules), default=timedelta(days=1))
    first = min(now, *(plan.at for plan in plans)) - width
    last = max(now, *(plan.at for plan in plans)) + width
    return {"first": moments.micros(first), "last": moments.micros(last) + HORIZON}


def _width(rule: Rule) -> timedelta:
    days = (rule.days or 0) + (_PERIOD_DAYS[rule.period] if rule.period else 0)
    return timedelta(days=days + 1, seconds=rule.seconds or 0)


def _slots(rows: Rows) -> dict[str, list[SlotFact]]:
    found: dict[str, list[SlotFact]] = {}
    for subject_id, *fact in rows:
        found.setdefault(subject_id, []).append(SlotFact(*fact))
    for facts in found.values():
        facts.sort(key=when)
    return found


def _holds(rows: Rows) -> list[tuple[str | None, str | None, HoldFact]]:
    """Return the holds on these customers, and on regions, of which there are few."""
    return [
        (
            customer_id,
            team_path,
            HoldFact(
                kind,
                moments.micros(from_at),
                None if until_at is None else moments.micros(until_at),
                is_firm=kind is HoldKind.MOURNING,
            ),
        )
        for _id, customer_id, team_path, kind, from_at, until_at in sorted(rows, key=_by_id)
    ]


_OptOuts = dict[str, tuple[OptOutFact, ...]]


def _opt_outs(rows: Rows) -> tuple[_OptOuts, _OptOuts]:
    """Return the opt-outs by number, and by customer, whom they follow."""
    by_number: dict[str, dict[str, OptOutFact]] = {}
    by_customer: dict[str, dict[str, OptOutFact]] = {}
    for opt_out_id, customer_id, number, channel, categories in sorted(rows, key=_by_id):
        fact = OptOutFact(channel, tuple(Category(c) for c in categories))
        by_number.setdefault(number, {})[opt_out_id] = fact
        if customer_id is not None:
            by_customer.setdefault(customer_id, {})[opt_out_id] = fact
    return _listed(by_number), _listed(by_customer)


def _listed(found: dict[str, dict[str, OptOutFact]]) -> _OptOuts:
    return {key: tuple(facts.values()) for key, facts in found.items()}


def _by_id(row: Sequence[Any]) -> str:
    return str(row[0])


def _visits(rows: Rows) -> dict[str, Visit]:
    found: dict[str, Visit] = {}
    for visit_id, slot_id, channel, at, unit, counting in sorted(rows, key=lambda row: str(row[1])):
        visit = found.setdefault(str(visit_id), Visit())
        if channel is Channel.VISIT:
            visit.at = moments.micros(at)
        elif unit == visit_id and counting is not Counting.NONE:
            # What the customer began, or came too late to serve the visit, uses up nothing.
            visit.contacts.add(slot_id)
    return found
