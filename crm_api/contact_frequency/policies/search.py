"""The nearest legal moments outside all forbidden intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.contact_frequency.policies.limits import Limit
    from crm_api.contact_frequency.terms import ReasonCode

HORIZON = 400 * DAY


def next_allowed(
    limits: Sequence[Limit], at: int
) -> tuple[int, None] | tuple[None, ReasonCode | None]:
    """Return the smallest legal moment at or after this one, or else what forbids all others.

    Each step leaps to the end of an interval that holds the moment, so it passes only over what is
    forbidden, and where no limit holds it any more is the smallest. Where nothing forbids for
    ever, and yet there is no legal moment within the horizon, there is nothing to name.
    """
    last, here = at + HORIZON, at
    while hits := [hit for limit in limits if (hit := limit.hit(here))]:
        endless = [hit.code for hit in hits if hit.end is None]
        if endless or here > last:
            return None, endless[0] if endless else None
        here = max(hit.end or 0 for hit in hits)
    return (here, None) if here <= last else (None, None)


def earlier_alternative(limits: Sequence[Limit], at: int, *, not_before: int) -> int | None:
    """Return the largest legal moment before this one that is not past, or None."""
    here: int | None = at - 1
    while here is not None and here >= not_before:
        hits = [hit for limit in limits if (hit := limit.hit(here))]
        if not hits:
            return here
        ends = [h.start for h in hits]
        here = None if None in ends else min(start for start in ends if start is not None) - 1
    return None
