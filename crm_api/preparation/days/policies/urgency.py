"""How urgent a visit is: each reason with its points, so that nobody wonders at an order.

The points are the house's judgement, set against one another: a neglected customer outweighs any
single date, an overdue promise outweighs one that is merely near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_history.cadences.policies import Coverage
from crm_api.customers.policies.tiers import rank
from crm_api.preparation.days.terms import ReasonCode
from crm_api.preparation.days.values import Reason

if TYPE_CHECKING:
    from datetime import date

    from crm_api.contact_history.cadences.policies import Cadence
    from crm_api.customers.terms import Tier

DUE_POINTS, OVERDUE_POINTS, MOST_POINTS = 20, 40, 60
RECENT_POINTS = -30
LATE_PROMISE_POINTS, PROMISE_POINTS = 30, 15
LATE_TASK_POINTS, TASK_POINTS = 20, 10
NEAR_DAY_POINTS, DAY_POINTS, NEAR_DAYS = 16, 8, 7
LIFE_EVENT_POINTS = 12
CONTRACT_POINTS, LATE_CONTRACT_POINTS, LATE_CONTRACT_DAYS = 15, 25, 30
POINTS_A_TIER = 3


def of_silence(days: int, *, cadence: Cadence, is_met: bool) -> Reason | None:
    """Return what so many days without a two-way contact weigh; nothing while all is in time.

    Whom nobody has met yet was not met too recently, however new.
    """
    coverage = cadence.coverage(days)
    if coverage is Coverage.RECENT and is_met:
        return Reason(code=ReasonCode.RECENT, points=RECENT_POINTS, days=days)
    if coverage in (Coverage.IN_TIME, Coverage.RECENT):
        return None
    if coverage is Coverage.DUE:
        late, width = days - cadence.target_days, cadence.max_days - cadence.target_days
        points = DUE_POINTS + (OVERDUE_POINTS - DUE_POINTS) * late // max(width, 1)
        return Reason(code=ReasonCode.DUE, points=points, days=days)
    beyond = (MOST_POINTS - OVERDUE_POINTS) * (days - cadence.max_days) // cadence.max_days
    points = min(OVERDUE_POINTS + beyond, MOST_POINTS)
    return Reason(code=ReasonCode.OVERDUE, points=points, days=days)


def of_promise(due_on: date, *, on: date, text: str, record_id: str) -> Reason:
    """Return what an open promise weighs."""
    points = LATE_PROMISE_POINTS if due_on < on else PROMISE_POINTS
    return _dated(ReasonCode.PROMISE, points, due_on, on=on, label=text, record_id=record_id)


def of_follow_up(due_on: date, *, on: date, text: str, record_id: str) -> Reason:
    """Return what a task that a visit left weighs."""
    points = LATE_TASK_POINTS if due_on < on else TASK_POINTS
    return _dated(ReasonCode.FOLLOW_UP, points, due_on, on=on, label=text, record_id=record_id)


def of_own_day(falls_on: date, *, on: date, is_birthday: bool, label: str) -> Reason:
    """Return what a day that matters to the customer weighs, the nearer the more."""
    points = NEAR_DAY_POINTS if (falls_on - on).days <= NEAR_DAYS else DAY_POINTS
    code = ReasonCode.BIRTHDAY if is_birthday else ReasonCode.ANNIVERSARY
    return _dated(code, points, falls_on, on=on, label=label)


def of_life_event(happened_on: date, *, on: date, label: str) -> Reason:
    """Return what a promotion, a new home or the like weighs."""
    return _dated(ReasonCode.LIFE_EVENT, LIFE_EVENT_POINTS, happened_on, on=on, label=label)


def of_contract(ends_on: date, *, on: date, plan_name: str) -> Reason:
    """Return what a contract's end weighs."""
    is_late = (ends_on - on).days <= LATE_CONTRACT_DAYS
    points = LATE_CONTRACT_POINTS if is_late else CONTRACT_POINTS
    return _dated(ReasonCode.CONTRACT_ENDING, points, ends_on, on=on, label=plan_name)


def of_tier(tier: Tier) -> Reason | None:
    """Return what the tier weighs, all else being equal."""
    points = POINTS_A_TIER * rank(tier)
    return Reason(code=ReasonCode.TIER, points=points, label=tier.value) if points else None


def _dated(
    code: ReasonCode, points: int, day: date, *, on: date, label: str, record_id: str | None = None
) -> Reason:
    days = (day - on).days
    return Reason(code=code, points=points, days=days, on=day, label=label, record_id=record_id)
