"""On which day a birthday falls in the calendar that the customer wishes it greeted by."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from crm_api.calendars.errors import DayOutOfRange
from crm_api.calendars.policies.lunar import LunarDate, lunar_of, solar_of
from crm_api.calendars.terms import Calendar
from crm_api.care.policies.birthdays import YearlyDate
from crm_api.care.terms import BirthdayCalendar

if TYPE_CHECKING:
    from collections.abc import Mapping


def wished_birthday(
    wish: BirthdayCalendar, stated: Mapping[str, Any] | None, *, birth_on: date | None
) -> YearlyDate | None:
    """Return the birthday by the calendar that it is not stated in, where that is wished and known.

    A date with its year is known in both; of one without, the document may know the solar one.
    """
    if stated is None or wish in (BirthdayCalendar.AS_STATED, stated["calendar"]):
        return None
    if wish is BirthdayCalendar.LUNAR:
        return _by_moon(stated)
    return _by_sun(stated) or _from_document(birth_on)


def _by_moon(stated: Mapping[str, Any]) -> YearlyDate | None:
    if stated["year"] is None:
        return None
    try:
        born = lunar_of(date(stated["year"], stated["month"], stated["day"]))
    except DayOutOfRange:
        return None
    return YearlyDate(Calendar.LUNAR, born.month, born.day)


def _by_sun(stated: Mapping[str, Any]) -> YearlyDate | None:
    if stated["year"] is None:
        return None
    when = LunarDate(stated["year"], stated["month"], stated["day"], stated["is_leap_month"])
    try:
        return _from_document(solar_of(when))
    except DayOutOfRange:
        return None


def _from_document(born: date | None) -> YearlyDate | None:
    return None if born is None else YearlyDate(Calendar.SOLAR, born.month, born.day)
