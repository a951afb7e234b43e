"""Caps and gaps: which moments would make N + 1 contacts lie within less than W."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.limits import Barrier, Hit, Limit, Source
from crm_api.contact_frequency.terms import ALL_CHANNELS, Counting, Period, ReasonCode, RuleKind
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.facts import SlotFact
    from crm_api.contact_frequency.policies.rules import Rule

ONLY_VISITS = frozenset({Channel.VISIT})
CODES = {
    RuleKind.ROLLING: ReasonCode.CAP_REACHED,
    RuleKind.ROLLING_DAYS: ReasonCode.CAP_REACHED,
    RuleKind.MIN_GAP: ReasonCode.GAP_TOO_SHORT,
    RuleKind.CALENDAR: ReasonCode.PERIOD_CAP_REACHED,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A forbidden interval and the contacts that make it so."""

    start: int
    end: int
    counted: tuple[SlotFact, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """A cap's forbidden intervals, in the order of their starts and of their ends."""

    source: Source
    code: ReasonCode
    spans: tuple[Span, ...]

    def hit(self, at: int) -> Hit | None:
        """Return the union of the intervals around a moment, and whom to thank for it."""
        here = [span for span in self.spans if span.start <= at < span.end]
        if not here:
            return None
        counted = {slot.slot_id: slot for span in here for slot in span.counted}
        return Hit(
            self.code,
            self._start(at),
            self._end(at),
            tuple(sorted(counted.values(), key=lambda s: (s.at, s.slot_id))),
        )

    def _end(self, end: int) -> int:
        for span in self.spans:
            if span.start <= end < span.end:
                end = span.end
        return end

    def _start(self, start: int) -> int:
        for span in reversed(self.spans):
            if span.start < start <= span.end:
                start = span.start
        return start


def cap_for(
    rule: Rule, slots: Sequence[SlotFact], *, source: Source, zone: ZoneInfo
) -> Limit | None:
    """Return what a cap forbids beside these contacts, which are sorted by time.

    None where it forbids nothing. A visit and the contacts that serve it count as one: the cap is
    on how many different ones lie within any window.
    """
    if rule.limit == 0:
        return Barrier(source, ReasonCode.NEVER_ALLOWED)
    counted = [slot for slot in slots if counts_toward(rule, slot)]
    if not counted:
        return None
    spans = tuple(_spans(rule, counted, zone))
    return Cap(source, _code(rule), spans) if spans else None


def counts_toward(rule: Rule, slot: SlotFact) -> bool:
    """Tell whether a contact uses up a cap's allowance."""
    if slot.category not in rule.counted_categories or slot.channel not in rule.counted_channels:
        return False
    if slot.counting is Counting.FULL:
        return True
    wanted = ALL_CHANNELS if slot.counting is Counting.ANY_ONLY else ONLY_VISITS
    return rule.counted_channels == wanted


def _code(rule: Rule) -> ReasonCode:
    return ReasonCode.DAILY_CAP_REACHED if rule.period is Period.DAY else CODES[rule.kind]


def _spans(rule: Rule, slots: list[SlotFact], zone: ZoneInfo) -> Iterator[Span]:
    if rule.kind is RuleKind.ROLLING_DAYS:
        return _rolling_days(rule, slots, zone)
    if rule.kind is RuleKind.CALENDAR:
        return _buckets(rule, slots, zone)
    return _rolling(rule, slots)


def _rolling(rule: Rule, slots: list[SlotFact]) -> Iterator[Span]:
    width = (rule.seconds or 0) * moments.SECOND
    allowed = 1 if rule.kind is RuleKind.MIN_GAP else rule.limit or 0
    values = [slot.at for slot in slots]
    for first, last in _runs(values, slots, allowed, width):
        counted = tuple(slots[first : last + 1])
        yield Span(values[last] - width + 1, values[first] + width, counted)


def _rolling_days(rule: Rule, slots: list[SlotFact], zone: ZoneInfo) -> Iterator[Span]:
    width = rule.days or 1
    values = [moments.local_day(slot.at, zone) for slot in slots]
    for first, last in _runs(values, slots, rule.limit or 0, width):
        start = moments.day_start(values[last] - width + 1, zone)
        end = moments.day_start(values[first] + width, zone)
        yield Span(start, end, tuple(slots[first : last + 1]))


def _runs(
    values: list[int], slots: list[SlotFact], allowed: int, width: int
) -> Iterator[tuple[int, int]]:
    """Find the shortest runs that hold `allowed` different units within less than `width`."""
    inside: Counter[str] = Counter()
    end = 0
    for start in range(len(slots)):
        while len(inside) < allowed and end < len(slots):
            inside[slots[end].unit] += 1
            end += 1
        if len(inside) < allowed:
            return
        if values[end - 1] - values[start] < width:
            yield start, end - 1
        _leave(inside, slots[start].unit)


def _leave(inside: Counter[str], unit: str) -> None:
    inside[unit] -= 1
    if not inside[unit]:
        del inside[unit]


def _buckets(rule: Rule, slots: list[SlotFact], zone: ZoneInfo) -> Iterator[Span]:
    buckets: dict[tuple[int, int], list[SlotFact]] = {}
    for slot in slots:
        day = moments.local_day(slot.at, zone)
        buckets.setdefault(bucket_of(rule.period, day), []).append(slot)
    for (first, after), inside in buckets.items():
        if len({slot.unit for slot in inside}) >= (rule.limit or 0):
            start, end = moments.day_start(first, zone), moments.day_start(after, zone)
            yield Span(start, end, tuple(inside))


def bucket_of(period: Period | None, day: int) -> tuple[int, int]:
    """Return the first day of a day's period, and the first day after it."""
    if period is Period.WEEK:
        monday = day - (day + 3) % 7  # 1970 began on a Thursday
        return monday, monday + 7
    if period is Period.MONTH:
        month = moments.month_number(day)
        return moments.month_start(month), moments.month_start(month + 1)
    return day, day + 1
