"""Which dates in a profile can be believed, and which rows a day may mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import date

# What systems write when nobody told them: never a reason to congratulate somebody.
PLACEHOLDER_DATES: Final = frozenset({(1900, 1, 1), (1970, 1, 1)})


class YearlyDate(NamedTuple):
    """A date as profiles keep it."""

    calendar: str
    month: int
    day: int


def may_fall_on(solar: date, *, lunar_month: int, lunar_day: int) -> list[YearlyDate]:
    """Return the yearly dates that could come round on a day; the calendar has the last word.

    The last day of a month also stands for days that this year's month lacks.
    """
    dates = [YearlyDate("solar", solar.month, solar.day)]
    if (solar.month, solar.day) == (2, 28):
        dates.append(YearlyDate("solar", 2, 29))
    dates.append(YearlyDate("lunar", lunar_month, lunar_day))
    if lunar_day == 29:  # noqa: PLR2004 - a short lunar month
        dates.append(YearlyDate("lunar", lunar_month, 30))
    return dates
