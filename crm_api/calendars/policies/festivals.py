"""The festivals of the year: when, how important, and in which tone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crm_api.calendars.policies import lunar
from crm_api.calendars.policies.occurrences import Occurrence, occurrences
from crm_api.calendars.terms import Calendar, DateRule, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

LAST_MONTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FestivalRule:
    """A festival and how it finds its day. Rank 1 comes before rank 2."""

    key: str
    name: str
    name_en: str
    rule: DateRule
    month: int | None = None
    day: int | None = None
    term: str | None = None
    tone: Tone
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FestivalDay:
    """A festival on its day, and the year it is for: each year has one, though not always in it.

    Laba (lunar 12/8) came in January and December 2022 and never in 2023: those of 2022 and 2023.
    """

    on: date
    label_year: int
    key: str
    name: str
    name_en: str
    tone: Tone
    rank: int

    @property
    def is_solemn(self) -> bool:
        """Whether nobody is greeted on this day."""
        return self.tone is Tone.SOLEMN


def _lunar(key: str, name: str, name_en: str, *, on: str, tone: Tone, rank: int) -> FestivalRule:
    return _dated(key, name, name_en, rule=DateRule.LUNAR, on=on, tone=tone, rank=rank)


def _solar(key: str, name: str, name_en: str, *, on: str, rank: int) -> FestivalRule:
    return _dated(key, name, name_en, rule=DateRule.SOLAR, on=on, tone=Tone.JOYFUL, rank=rank)


def _dated(
    key: str, name: str, name_en: str, *, rule: DateRule, on: str, tone: Tone, rank: int
) -> FestivalRule:
    month, day = map(int, on.split("-"))
    return FestivalRule(
        key=key, name=name, name_en=name_en, rule=rule, month=month, day=day, tone=tone, rank=rank
    )


QINGMING = FestivalRule(
    key="qingming",
    name="清明节",
    name_en="Qingming",
    rule=DateRule.SOLAR_TERM,
    term="清明",
    tone=Tone.SOLEMN,
    rank=90,
)
# Known without any row, so that an empty table never makes a solemn day an ordinary one.
STANDARD = (
    _lunar("spring_festival", "春节", "Spring Festival", on="1-1", tone=Tone.JOYFUL, rank=1),
    _lunar("new_years_eve", "除夕", "New Year's Eve", on="12-30", tone=Tone.JOYFUL, rank=2),
    _lunar("mid_autumn", "中秋节", "Mid-Autumn", on="8-15", tone=Tone.JOYFUL, rank=3),
    _solar("new_year", "元旦", "New Year", on="1-1", rank=4),
    _solar("national_day", "国庆节", "National Day", on="10-1", rank=5),
    _lunar("dragon_boat", "端午节", "Dragon Boat", on="5-5", tone=Tone.GENTLE, rank=6),
    _lunar("lantern", "元宵节", "Lantern", on="1-15", tone=Tone.JOYFUL, rank=7),
    _lunar("double_ninth", "重阳节", "Double Ninth", on="9-9", tone=Tone.GENTLE, rank=8),
    _solar("labour_day", "劳动节", "Labour Day", on="5-1", rank=9),
    _lunar("qixi", "七夕", "Qixi", on="7-7", tone=Tone.JOYFUL, rank=10),
    _solar("womens_day", "妇女节", "Women's Day", on="3-8", rank=11),
    QINGMING,
    _lunar("zhongyuan", "中元节", "Zhongyuan", on="7-15", tone=Tone.SOLEMN, rank=91),
    _lunar("hanyi", "寒衣节", "Hanyi", on="10-1", tone=Tone.SOLEMN, rank=92),
)


def festivals_on_days(
    rules: Iterable[FestivalRule], *, start: date, end: date
) -> list[FestivalDay]:
    """Return the festivals from `start` to `end`, both included, by day and rank."""
    days = [
        FestivalDay(
            on=found.on,
            label_year=_label_year(r, found),
            key=r.key,
            name=r.name,
            name_en=r.name_en,
            tone=Tone(r.tone),
            rank=r.rank,
        )
        for r in rules
        for found in _occurrences_of(r, start=start, end=end)
    ]
    return sorted(days, key=lambda f: (f.on, f.rank, f.key))


def _occurrences_of(rule: FestivalRule, *, start: date, end: date) -> list[Occurrence]:
    if rule.term is not None:
        years = range(start.year, end.year + 1)
        days = [Occurrence(lunar.solar_term_on(year, rule.term), year) for year in years]
        return [day for day in days if start <= day.on <= end]
    assert rule.month is not None  # noqa: S101 - a rule has a term or a date
    assert rule.day is not None  # noqa: S101
    calendar = Calendar(rule.rule)
    return occurrences(calendar, month=rule.month, day=rule.day, start=start, end=end)


def _label_year(rule: FestivalRule, found: Occurrence) -> int:
    """Count the 12th lunar month to the next year, where most of it lies and New Year's Eve always.

    So it is the solar year but where a festival of winter strays across New Year.
    """
    is_last_month = rule.rule == DateRule.LUNAR and rule.month == LAST_MONTH
    return found.label_year + is_last_month
