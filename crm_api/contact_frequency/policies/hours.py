"""Hours: when contact is open by the local clock, and when a customer wants quiet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.policies.limits import Hit, Source
from crm_api.contact_frequency.terms import ReasonCode, Waiver

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.policies.rules import Rule
    from crm_api.contact_frequency.values import Plan

FARTHEST_DAYS = 402


@dataclass(frozen=True, slots=True)
class Window:
    """The complement of a policy's hours is forbidden. Many decisions share one."""

    source: Source
    rule: Rule
    frame: PolicyFrame
    _hours: dict[int, tuple[int, int] | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def hit(self, at: int) -> Hit | None:
        """Return the closed time around a moment."""
        day = moments.local_day(at, self.frame.zone)
        open_today = self._open(day)
        if open_today is not None and open_today[0] <= at < open_today[1]:
            return None
        return Hit(self._code(day), self._last_close(day, at), self._next_open(day, at))

    def _open(self, day: int) -> tuple[int, int] | None:
        if day not in self._hours:
            self._hours[day] = open_hours(self.rule, self.frame, day)
        return self._hours[day]

    def _code(self, day: int) -> ReasonCode:
        return _closed_by(self.rule, self.frame, day) or ReasonCode.OUTSIDE_HOURS

    def _next_open(self, day: int, at: int) -> int | None:
        for ahead in range(FARTHEST_DAYS):
            hours = self._open(day + ahead)
            if hours is not None and hours[0] > at:
                return hours[0]
        return None

    def _last_close(self, day: int, at: int) -> int | None:
        for back in range(FARTHEST_DAYS):
            hours = self._open(day - back)
            if hours is not None and hours[1] <= at:
                return hours[1]
        return None


def window_of(rule: Rule, frame: PolicyFrame) -> Window:
    """Return what a policy's hours forbid, whoever the customer."""
    source = Source(rule.strength, rule, overridable_by=rule.overridable_by)
    return Window(source, rule, frame)


def open_hours(rule: Rule, frame: PolicyFrame, day: int) -> tuple[int, int] | None:
    """Return from when to when a policy allows contact on a day; None on a closed one."""
    if _closed_by(rule, frame, day) is not None:
        return None
    return (
        moments.clock_time(day, rule.opens, frame.zone),
        moments.clock_time(day, rule.closes, frame.zone),
    )


def _closed_by(rule: Rule, frame: PolicyFrame, day: int) -> ReasonCode | None:
    if rule.closed_on_solemn_days and day in frame.solemn_days:
        return ReasonCode.SOLEMN_DAY
    if rule.workdays_only and day not in frame.workdays:
        return ReasonCode.NOT_A_WORKDAY
    return None if (day + 3) % 7 + 1 in rule.weekdays else ReasonCode.OUTSIDE_HOURS


def applies(rule: Rule, plan: Plan) -> bool:
    """Tell whether a window binds this contact, or is waived for it."""
    if rule.greetings_only and plan.occurrence is None:
        return False
    if rule.waived_by is Waiver.AGREEMENT:
        return not plan.is_agreed
    return rule.waived_by is not Waiver.DEADLINE or plan.not_after is None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A customer's own quiet hours, every day until the wish ends; they may pass midnight."""

    source: Source
    quiet_from: int
    quiet_until: int
    until: int | None
    zone: ZoneInfo

    def hit(self, at: int) -> Hit | None:
        """Return tonight's quiet time where it holds the moment."""
        if self.until is not None and at >= self.until:
            return None
        day = moments.local_day(at, self.zone)
        for first in (day - 1, day):
            start, end = self._hours(first)
            if start <= at < end:
                return Hit(ReasonCode.DO_NOT_DISTURB, start, end)
        return None

    def _hours(self, day: int) -> tuple[int, int]:
        last = day if self.quiet_from < self.quiet_until else day + 1
        end = moments.clock_time(last, self.quiet_until, self.zone)
        end = end if self.until is None else min(end, self.until)
        return moments.clock_time(day, self.quiet_from, self.zone), end
