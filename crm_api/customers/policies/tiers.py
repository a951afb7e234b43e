"""Which tier (客户级别) a customer belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api.customers.terms import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONSECUTIVE_MONTHS = 3
LOWEST_FIRST = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a tier begins: fen a month, and for groups mobile lines too."""

    individual_fen: int
    group_fen: int
    group_lines: int


DEFAULTS: Mapping[Tier, Threshold] = {
    Tier.VIP: Threshold(8_000, 100_000, 10),
    Tier.SILVER: Threshold(15_000, 300_000, 30),
    Tier.GOLD: Threshold(30_000, 1_000_000, 100),
    Tier.DIAMOND: Threshold(50_000, 3_000_000, 300),
    Tier.SUPREME: Threshold(100_000, 10_000_000, 1_000),
}


def tier_on_joining(plan_monthly_fen: int | None, *, by: Mapping[Tier, Threshold]) -> Tier:
    """Return the tier that a new individual's plan gives from the first day."""
    return _highest(
        t for t, from_on in by.items() if (plan_monthly_fen or 0) >= from_on.individual_fen
    )


def tier_of_individual(monthly_fen: Sequence[int], *, by: Mapping[Tier, Threshold]) -> Tier:
    """Return the tier that the latest bills earn, oldest first.

    What three months in a row have all reached counts. A single high bill makes its customer one
    to watch, quasi-high-end (准高端), and no more.
    """
    latest = monthly_fen[-CONSECUTIVE_MONTHS:]
    sustained = min(latest) if len(latest) == CONSECUTIVE_MONTHS else 0
    earned = _highest(t for t, from_on in by.items() if sustained >= from_on.individual_fen)
    is_watched = any(bill >= by[Tier.VIP].individual_fen for bill in latest)
    return max(earned, Tier.QUASI_HIGH_END, key=rank) if is_watched else earned


def tier_of_group(
    *, monthly_revenue_fen: int, mobile_lines: int, by: Mapping[Tier, Threshold]
) -> Tier:
    """Return a group's tier, by its revenue or its lines, whichever gives more."""
    return _highest(
        tier
        for tier, from_on in by.items()
        if monthly_revenue_fen >= from_on.group_fen or mobile_lines >= from_on.group_lines
    )


def tier_in_force(own: Tier, *, of_groups: Iterable[Tier]) -> Tier:
    """Return the tier that a customer is served by.

    A key person of great influence is served as the group is, whatever the person spends.
    """
    return max(of_groups, key=rank, default=own)


def rank(tier: Tier) -> int:
    """Return the place of a tier, lowest first."""
    return LOWEST_FIRST.index(tier)


def _highest(tiers: Iterable[Tier]) -> Tier:
    return max(tiers, key=rank, default=Tier.STANDARD)
