"""Our own view of the lunar calendar. Nobody else imports `borax`, whose tables stand behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from borax.calendars.lunardate import TERMS_CN, LCalendars, TermUtils
from borax.calendars.lunardate import LunarDate as BoraxDate

from crm_api.calendars.errors import DayOutOfRange, NoSuchLunarDay

FIRST_YEAR = 1900
LAST_YEAR = 2100
MONTH_NAMES = "正二三四五六七八九十冬腊"
DIGITS = "一二三四五六七八九十"
ROUND_TENS = {10: "初十", 20: "二十", 30: "三十"}
TENS = "初十廿"
TERMS = tuple(TERMS_CN)


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A day of the lunar calendar."""

    year: int
    month: int
    day: int
    is_leap: bool = False

    @property
    def text(self) -> str:
        """The day as people write it: 闰六月廿三."""
        leap = "闰" if self.is_leap else ""
        tens, digit = divmod(self.day, 10)
        day = ROUND_TENS.get(self.day) or TENS[tens] + DIGITS[digit - 1]
        return f"{leap}{MONTH_NAMES[self.month - 1]}月{day}"


@dataclass(frozen=True, slots=True)
class LunarMonth:
    """One month of one lunar year, laid on the solar calendar."""

    month: int
    is_leap: bool
    first_on: date
    length: int


@cache
def months_of(year: int) -> tuple[LunarMonth, ...]:
    """Return the 12 or 13 months of a lunar year.

    :raises DayOutOfRange: if the tables do not reach it
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DayOutOfRange
    first_on = BoraxDate(year, 1, 1).to_solar_date()
    months = []
    for month, length, leap in LCalendars.iter_year_month(year):
        months.append(LunarMonth(month, bool(leap), first_on, length))
        first_on += timedelta(days=length)
    return tuple(months)


def get_month(year: int, month: int, *, is_leap: bool = False) -> LunarMonth:
    """Return one month of a lunar year.

    :raises NoSuchLunarDay: if the year lacks it
    """
    for one in months_of(year):
        if (one.month, one.is_leap) == (month, is_leap):
            return one
    raise NoSuchLunarDay


@lru_cache(maxsize=8192)
def lunar_of(day: date) -> LunarDate:
    """Return the lunar date of a solar day.

    :raises DayOutOfRange: if the tables do not reach it
    """
    for year in (day.year, day.year - 1):
        if FIRST_YEAR <= year <= LAST_YEAR:
            for month in reversed(months_of(year)):
                passed = (day - month.first_on).days
                if 0 <= passed < month.length:
                    return LunarDate(year, month.month, passed + 1, month.is_leap)
    raise DayOutOfRange


def solar_of(lunar: LunarDate) -> date:
    """Return the solar day of a lunar date.

    :raises DayOutOfRange: if the tables do not reach its year
    :raises NoSuchLunarDay: if that year has no such day
    """
    month = get_month(lunar.year, lunar.month, is_leap=lunar.is_leap)
    if not 1 <= lunar.day <= month.length:
        raise NoSuchLunarDay
    return month.first_on + timedelta(days=lunar.day - 1)


@cache
def solar_term_on(year: int, term: str) -> date:
    """Return the day of a solar term, such as 清明, in a solar year.

    :raises DayOutOfRange: if the tables do not reach it
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DayOutOfRange
    day: date = TermUtils.nth_term_day(year, term_name=term)
    return day
