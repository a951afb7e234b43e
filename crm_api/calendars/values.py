"""What the calendar tells others, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, time

    from crm_api.calendars.models import ArrangedDay
    from crm_api.calendars.policies.festivals import FestivalDay
    from crm_api.calendars.policies.lunar import LunarDate


class WorkSpan(NamedTuple):
    """Local hours worked without a break."""

    starts_at: time
    ends_at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that the calendar says of one local day."""

    on: date
    lunar: LunarDate
    festivals: Sequence[FestivalDay]
    is_workday: bool
    is_arrangement_known: bool
    working_hours: Sequence[WorkSpan]
    starts_at: datetime
    ends_at: datetime

    @property
    def is_solemn(self) -> bool:
        """Whether nobody is greeted on this day."""
        return any(festival.is_solemn for festival in self.festivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArrangement:
    """The notice on a year's days off and make-up workdays."""

    year: int
    source: str
    loaded_at: datetime
    days: Sequence[ArrangedDay]
