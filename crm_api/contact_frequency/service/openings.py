"""When may whom be met on a day: for a whole portfolio in the same few statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.openings import openings_of
from crm_api.contact_frequency.queries import frame_at, gather
from crm_api.contact_frequency.queries.known import met_by
from crm_api.contact_frequency.service import locking
from crm_api.customers import queries as customers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.contact_frequency.values import Openings, Plan


def find_openings(
    plans: Sequence[Plan], *, spans: Sequence[tuple[datetime, datetime]], now: datetime
) -> list[Openings]:
    """Say of each plan when within these hours it could begin, as if it were the only one.

    Stores nothing and writes no trace: of hundreds, few will be asked for, and those are judged.

    :raises NotFound: if a customer does not exist
    """
    if not plans:
        return []
    frame = frame_at(now)
    reach = customers.reach_of({customer_id for plan in plans for customer_id in met_by(plan)})
    plans = locking.with_endpoints(plans, reach)
    known = gather(plans, frame=frame, now=now, reach=reach)
    hours = [(moments.micros(opens), moments.micros(closes)) for opens, closes in spans]
    return [openings_of(p, known.facts_for(p), frame, spans=hours, now=now) for p in plans]
