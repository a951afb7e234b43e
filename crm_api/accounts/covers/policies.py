"""Rules of covers, over plain values."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = timedelta(days=366)  # whoever is away for longer hands the portfolio over


class CoverState(StrEnum):
    """Where a cover stands, now."""

    AHEAD = "ahead"
    IN_FORCE = "in_force"
    OVER = "over"


class Clash(StrEnum):
    """Why two covers of one time do not go together."""

    COVERED_ALREADY = "covered_already"
    STAND_IN_IS_AWAY = "stand_in_is_away"
    AWAY_AND_STANDING_IN = "away_and_standing_in"


def state_at(now: datetime, *, starts_at: datetime, ends_at: datetime) -> CoverState:
    """Tell where a cover stands: from its first moment on, and no more at its last."""
    if now >= ends_at:
        return CoverState.OVER
    return CoverState.IN_FORCE if now >= starts_at else CoverState.AHEAD


def find_clash(
    *, absent_id: str, stand_in_id: str, other_absent_id: str, other_stand_in_id: str
) -> Clash | None:
    """Tell why a cover does not go together with another one of the same time, if so.

    One portfolio has one stand-in, and whoever is away looks after nobody's.
    """
    if other_absent_id == absent_id:
        return Clash.COVERED_ALREADY
    if other_absent_id == stand_in_id:
        return Clash.STAND_IN_IS_AWAY
    if other_stand_in_id == absent_id:
        return Clash.AWAY_AND_STANDING_IN
    return None
