"""When within given hours a contact could begin: for whoever plans a day, not for the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments, search
from crm_api.contact_frequency.policies.arbitrating import without_weaker
from crm_api.contact_frequency.policies.limiting import limits_for
from crm_api.contact_frequency.terms import Strength
from crm_api.contact_frequency.values import Opening, Openings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.policies.free_time import Interval
    from crm_api.contact_frequency.policies.limits import Limit
    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.values import Plan

QUARTER = 15 * 60 * moments.SECOND  # finer than anybody agrees on a meeting


def openings_of(
    plan: Plan, facts: Facts, policies: PolicyFrame, *, spans: Sequence[Interval], now: datetime
) -> Openings:
    """Return the quarters of an hour within these spans at which a contact may begin.

    What stands in the way is told for the plan's own moment, from which the next allowed one is
    looked for as well. Held slots that lose to the plan stand in nobody's way, as when deciding.
    """
    facts = without_weaker(plan, facts, now=now)
    limits = limits_for(plan, facts, policies, now=moments.micros(now))
    firm = [limit for limit in limits if limit.source.strength is not Strength.SOFT]
    at = moments.micros(plan.at)
    blocking = sorted({hit.code for limit in firm if (hit := limit.hit(at))})
    soonest, _never = search.next_allowed(firm, at)
    return Openings(
        plan=plan,
        spans=tuple(opening for span in spans for opening in _openings(firm, *span)),
        blocked_by=tuple(blocking),
        next_allowed_at=None if soonest is None else moments.moment_of(soonest),
    )


def _openings(limits: Sequence[Limit], start: int, end: int) -> Iterator[Opening]:
    """Yield each run of allowed quarters as its first and its last."""
    first: int | None = None
    here = _quarter(start)
    while here < end:
        ends = [hit.end for limit in limits if (hit := limit.hit(here))]
        if not ends:
            first = here if first is None else first
            here += QUARTER
            continue
        if first is not None:
            yield _opening(first, here - QUARTER)
            first = None
        if None in ends:
            return
        here = max(here + QUARTER, _quarter(max(one for one in ends if one is not None)))
    if first is not None:
        yield _opening(first, here - QUARTER)


def _opening(first: int, last: int) -> Opening:
    return Opening(first_at=moments.moment_of(first), last_at=moments.moment_of(last))


def _quarter(value: int) -> int:
    return -(-value // QUARTER) * QUARTER
