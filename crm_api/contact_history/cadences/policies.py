"""When a customer is due: plain values in, plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crm_api.customers.terms import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping


class Coverage(StrEnum):
    """Where a customer stands in the rhythm of the tier."""

    RECENT = "recent"
    IN_TIME = "in_time"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Days between two-way contacts. Version 0 is the default.

    Sooner than `min_days` is too often, from `target_days` on one is due, after `max_days` the
    customer is neglected.
    """

    tier: Tier
    min_days: int
    target_days: int
    max_days: int
    version: int = 0

    def coverage(self, days: int) -> Coverage:
        """Return what so many days without a two-way contact mean."""
        if days > self.max_days:
            return Coverage.OVERDUE
        if days >= self.target_days:
            return Coverage.DUE
        return Coverage.RECENT if days < self.min_days else Coverage.IN_TIME


def _default(tier: Tier, min_days: int, target_days: int, max_days: int) -> Cadence:
    return Cadence(tier=tier, min_days=min_days, target_days=target_days, max_days=max_days)


DEFAULTS: Mapping[Tier, Cadence] = {
    cadence.tier: cadence
    for cadence in (
        _default(Tier.STANDARD, 60, 180, 365),
        _default(Tier.QUASI_HIGH_END, 30, 90, 180),
        _default(Tier.VIP, 21, 60, 120),
        _default(Tier.SILVER, 21, 60, 90),
        _default(Tier.GOLD, 14, 45, 75),
        _default(Tier.DIAMOND, 10, 30, 60),
        _default(Tier.SUPREME, 7, 30, 45),
    )
}
