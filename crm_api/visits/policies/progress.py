"""In which order a visit goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api.kit.errors import Invalid
from crm_api.visits.errors import VisitOutOfOrder
from crm_api.visits.terms import Step, VisitStatus

if TYPE_CHECKING:
    from datetime import datetime

MOST_AHEAD = timedelta(minutes=5)
# As far as the governor looks for a free moment.
FURTHEST = timedelta(days=400)
AHEAD = (VisitStatus.PLANNED, VisitStatus.CONFIRMED)
# What a day's end should leave nobody in, once the visit's time is over.
UNCLOSED_STATE = "unclosed"
UNCLOSED = (*AHEAD, VisitStatus.CHECKED_IN, VisitStatus.CHECKED_OUT)

MAY_FOLLOW: dict[Step, tuple[VisitStatus, ...]] = {
    Step.CONFIRM: (VisitStatus.PLANNED,),
    Step.MOVE: AHEAD,
    Step.CANCEL: AHEAD,
    Step.DELETE: (VisitStatus.PLANNED,),
    Step.MISS: AHEAD,
    Step.CHECK_IN: AHEAD,
    Step.CHECK_OUT: (VisitStatus.CHECKED_IN,),
    Step.RECORD: (VisitStatus.CHECKED_OUT,),
}


def may_follow(step: Step, status: VisitStatus) -> bool:
    """Tell whether a visit in this status can take this step."""
    return status in MAY_FOLLOW[step]


def require_order(step: Step, status: VisitStatus) -> None:
    """Make sure that a visit can take this step now.

    :raises VisitOutOfOrder: with the statuses from which it could
    """
    if not may_follow(step, status):
        raise VisitOutOfOrder(step=step, status=status, possible_from=MAY_FOLLOW[step])


def require_plannable(moment: datetime, *, now: datetime, pointer: str) -> None:
    """Make sure that somebody plans a time to come, within reach.

    :raises Invalid: pointing at the moment
    """
    if not now <= moment <= now + FURTHEST:
        raise Invalid(pointer, f"Plan a time to come, at most {FURTHEST.days} days ahead.")


def is_too_far_ahead(moment: datetime, *, now: datetime) -> bool:
    """Tell whether somebody reports what has not happened yet; clocks may differ a little."""
    return moment > now + MOST_AHEAD
