"""What there is to greet people for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.calendars import service as calendars
from crm_api.calendars.terms import Calendar
from crm_api.care.errors import PlanOutOfReach
from crm_api.care.policies import birthdays, timing
from crm_api.care.terms import Occasion
from crm_api.care.values import NO_WORDS, Cause
from crm_api.care.wording import service as wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from crm_api.calendars.policies.festivals import FestivalDay
    from crm_api.care.policies.birthdays import YearlyDate
    from crm_api.care.policies.choosing import Pool

ONCE = (Occasion.PROMOTION, Occasion.LIFE_EVENT, Occasion.TIER_CHANGE)


def causes_between(first: date, *, days: int, now: datetime) -> list[Cause]:
    """Return every cause of some days from today on, the one that wins a slot first.

    Whoever wins it has the slot in the end; planned in this order, nobody has to give way.

    :raises PlanOutOfReach: if a day has passed, or lies further ahead than care is held
    """
    today = calendars.local_day(now)
    furthest = today + timedelta(days=config.current().hold_days)
    if first < today or first + timedelta(days=days - 1) > furthest:
        raise PlanOutOfReach(furthest=furthest.isoformat())
    wanted = (first + timedelta(days=n) for n in range(days))
    causes = [cause for day in wanted for cause in _causes_on(day, now=now)]
    return sorted(_with_words(causes), key=lambda cause: (cause.priority, cause.rank, cause.on))


def causes_of(day: date, *, now: datetime) -> list[Cause]:
    """Return what a day gives to greet people for, solemn days included."""
    return _with_words(_causes_on(day, now=now))


def _causes_on(day: date, *, now: datetime) -> list[Cause]:
    festivals = calendars.festivals_between(day, day)
    window = _window(day, festivals)
    obstacle = "window_over" if window.from_moment(now).is_over else ""
    if any(festival.is_solemn for festival in festivals):
        obstacle = "solemn_day"
    found = [
        *_dates(day, window=window),
        *_own_days(day, window=window, is_ahead=day > calendars.local_day(now)),
        *_festivals(festivals, window=window),
    ]
    return [replace(cause, obstacle=obstacle) for cause in found]


def reasons_on(day: date, occasion: Occasion) -> list[Cause]:
    """Return all causes of an occasion that a day ever gave, whatever words there are for them."""
    festivals = calendars.festivals_between(day, day)
    window = _window(day, festivals)
    found = [
        *_dates(day, window=window),
        *_own_days(day, window=window, is_ahead=False),
        *_festivals(festivals, window=window),
    ]
    return [cause for cause in found if cause.occasion is occasion]


def window_on(day: date) -> timing.Window:
    """Return the window of a day for its greetings."""
    return _window(day, calendars.festivals_between(day, day))


def _window(day: date, festivals: list[FestivalDay]) -> timing.Window:
    is_new_years_eve = timing.NEW_YEARS_EVE in {festival.key for festival in festivals}
    return timing.window_of(day, zone=config.current().zone, is_new_years_eve=is_new_years_eve)


def _dates(day: date, *, window: timing.Window) -> Iterator[Cause]:
    lunar = calendars.lunar_of(day)
    for yearly in birthdays.may_fall_on(day, lunar_month=lunar.month, lunar_day=lunar.day):
        for label_year in _label_years(yearly, day):
            for occasion, is_by_wish in (
                (Occasion.BIRTHDAY, False),
                (Occasion.BIRTHDAY, True),
                (Occasion.ANNIVERSARY, False),
            ):
                yield Cause(
                    occasion=occasion,
                    on=day,
                    label_year=label_year,
                    window=window,
                    priority=timing.priority_of(occasion),
                    date=yearly,
                    is_by_wish=is_by_wish,
                )


def _own_days(day: date, *, window: timing.Window, is_ahead: bool) -> Iterator[Cause]:
    """Give the day of joining, and what happened once.

    News have one day: that of the event where it is known ahead, else the next. Where the governor
    had no moment on it, they are said today as long as they are fresh.
    """
    fresh = timedelta(days=config.current().event_fresh_days)
    for occasion in (Occasion.JOINING, *ONCE):
        yield Cause(
            occasion=occasion,
            on=day,
            label_year=day.year,
            window=window,
            priority=timing.priority_of(occasion),
            rank=timing.RANKS.get(occasion, 0),
            since=None if is_ahead else day - fresh,
        )


def _label_years(yearly: YearlyDate, day: date) -> list[int]:
    found = calendars.occurrences(
        Calendar(yearly.calendar), month=yearly.month, day=yearly.day, start=day, end=day
    )
    return [occurrence.label_year for occurrence in found]


def _festivals(festivals: list[FestivalDay], *, window: timing.Window) -> Iterator[Cause]:
    for festival in festivals:
        yield Cause(
            occasion=Occasion.FESTIVAL,
            on=festival.on,
            label_year=festival.label_year,
            window=window,
            priority=timing.priority_of(Occasion.FESTIVAL, festival.key),
            rank=festival.rank,
            festival_key=festival.key,
            festival_name=festival.name,
        )


def _with_words(causes: Iterable[Cause]) -> list[Cause]:
    """Give each its words; all are read once, however many days want them."""
    pools = wording.words_in_use()
    return [
        _say(cause, pools.get(frozenset({(cause.occasion, cause.festival_key)}), NO_WORDS))
        for cause in causes
    ]


def _say(cause: Cause, words: Pool) -> Cause:
    return replace(cause, words=words, obstacle=cause.obstacle or ("" if words else "no_template"))
