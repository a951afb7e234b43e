"""What a policy allows in its own words, and the bare sentences of the first wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.terms import ReasonCode, RuleKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.contact_frequency.policies.rules import Rule

SENTENCES: dict[ReasonCode, tuple[str, str]] = {
    ReasonCode.CAP_REACHED: ("接触次数已达上限", "The cap on contacts is reached"),
    ReasonCode.DAILY_CAP_REACHED: ("当日接触次数已达上限", "The cap for this day is reached"),
    ReasonCode.PERIOD_CAP_REACHED: ("本周期接触次数已达上限", "The cap for this period is reached"),
    ReasonCode.GAP_TOO_SHORT: ("与另一次接触间隔太短", "It is too close to another contact"),
    ReasonCode.NEVER_ALLOWED: ("政策不允许此类接触", "The policy allows no such contact"),
    ReasonCode.OUTSIDE_HOURS: ("不在允许接触的时段内", "It is outside the permitted hours"),
    ReasonCode.SOLEMN_DAY: ("肃穆节日不得接触", "It falls on a solemn day"),
    ReasonCode.NOT_A_WORKDAY: ("不是工作日", "It does not fall on a workday"),
    ReasonCode.VISIT_CONTACTS_EXHAUSTED: (
        "该次走访的配套联系已用完",
        "The visit has had its two contacts besides",
    ),
    ReasonCode.DO_NOT_DISTURB: ("客户要求免打扰", "The customer wishes not to be disturbed"),
    ReasonCode.OPTED_OUT: ("客户已退订", "The customer opted out"),
    ReasonCode.COMPLAINT_OPEN: ("有未结投诉", "A complaint is open"),
    ReasonCode.LEAVE_ALONE: ("约定暂不打扰", "The customer is to be left alone"),
    ReasonCode.MOURNING: ("该地区处于哀悼期", "The region is in mourning"),
    ReasonCode.DECEASED: ("客户已故", "The customer is deceased"),
    ReasonCode.MINOR_WITHOUT_CONSENT: (
        "未成年人且无监护人同意",
        "The customer is a minor without a guardian's consent",
    ),
    ReasonCode.ACCOUNT_CLOSED: ("账户已销户", "The account is closed"),
    ReasonCode.OCCURRENCE_TAKEN: (
        "同一事由已有联系",
        "Another contact already serves this occasion",
    ),
    ReasonCode.GREETED_THAT_DAY: (
        "当日已有另一条祝福",
        "Another greeting goes out that day",
    ),
    ReasonCode.AFTER_LAST_MOMENT: ("已过最后有效时刻", "It is past the last useful moment"),
    ReasonCode.IN_THE_PAST: ("时间已过", "The moment has passed"),
    ReasonCode.SLOT_SETTLED: ("该预约已不再有效", "The reservation is no longer held"),
}


def describe_limit(rule: Rule | None) -> str | None:
    """Write what a policy allows, such as `2 in 7 days` or `08:00-21:00`."""
    return None if rule is None else _WORDS[rule.kind](rule)


_WORDS: dict[RuleKind, Callable[[Rule], str]] = {
    RuleKind.WINDOW: lambda r: f"{_clock(r.opens)}-{_clock(r.closes)}",
    RuleKind.MIN_GAP: lambda r: f"{_duration(r.seconds or 0)} apart",
    RuleKind.CALENDAR: lambda r: f"{r.limit} a {r.period}",
    RuleKind.ROLLING_DAYS: lambda r: f"{r.limit} in {r.days} local days",
    RuleKind.ROLLING: lambda r: f"{r.limit} in {_duration(r.seconds or 0)}",
}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _duration(seconds: int) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds % size == 0 and seconds > size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
