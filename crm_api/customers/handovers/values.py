"""A handover as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Who receives whom: named customers, or, where none are named, a part of the rest."""

    receiver_id: str
    customer_ids: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants, and whom it would give to whom if it were done now."""

    giver_id: str
    takes_effect_at: datetime
    reason: str
    shares: Sequence[Share]
    within_team_id: str | None
    named: Mapping[str, str]
    rest: Mapping[str, str]

    @property
    def takes_rest(self) -> bool:
        """Whether everybody goes whom no share names."""
        return any(share.customer_ids is None for share in self.shares)

    @property
    def receivers(self) -> dict[str, str]:
        """Who would receive each customer."""
        return {**self.rest, **self.named}
