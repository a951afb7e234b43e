"""Moments, amounts and contacts as people say them, in Chinese and in English."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from crm_api.contact_frequency.policies.rules import ALL_CATEGORIES, EVERY_DAY, Rule
from crm_api.contact_frequency.terms import ALL_CHANNELS, Period, RuleKind
from crm_api.customers.terms import Category, Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.values import CountedSlot


class Both(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str


NOTHING = Both("", "")
CHANNELS = {
    Channel.VISIT: Both("走访", "visit"),
    Channel.CALL: Both("电话", "call"),
    Channel.SMS: Both("短信", "SMS"),
    Channel.WECHAT: Both("微信", "WeChat message"),
    Channel.EMAIL: Both("邮件", "e-mail"),
}
CATEGORIES = {
    Category.CARE: Both("关怀", "care"),
    Category.MARKETING: Both("营销", "marketing"),
    Category.SERVICE: Both("服务", "service"),
    Category.COMPLAINT: Both("投诉处理", "complaint"),
    Category.PAYMENT: Both("缴费提醒", "payment"),
    Category.STATUTORY: Both("法定告知", "statutory"),
}
_ROLES = {
    "account_manager": Both("服务经理", "an account manager"),
    "manager": Both("主管", "a manager"),
    "admin": Both("管理员", "an administrator"),
}
_PAST = {
    Channel.VISIT: Both("走访过", "there was a visit"),
    Channel.CALL: Both("打过电话", "there was a call"),
    Channel.SMS: Both("发过短信", "there was an SMS"),
    Channel.WECHAT: Both("发过微信", "there was a WeChat message"),
    Channel.EMAIL: Both("发过邮件", "there was an e-mail"),
}
_AHEAD = {
    Channel.VISIT: Both("约了走访", "a visit is planned for"),
    Channel.CALL: Both("约了电话", "a call is planned for"),
    Channel.SMS: Both("要发短信", "an SMS is planned for"),
    Channel.WECHAT: Both("要发微信", "a WeChat message is planned for"),
    Channel.EMAIL: Both("要发邮件", "an e-mail is planned for"),
}
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PERIODS = {
    Period.DAY: Both("每天", "a day"),
    Period.WEEK: Both("每周", "a week"),
    Period.MONTH: Both("每月", "a month"),
}
_DURATIONS = (
    (86_400, Both("天", "days")),
    (3_600, Both("小时", "hours")),
    (60, Both("分钟", "minutes")),
)
MINUTE = timedelta(minutes=1)


def moment(value: datetime, *, now: datetime, zone: ZoneInfo) -> Both:
    """Say a moment in local time, rounded up to the minute: 3月4日（周三）15:00."""
    local = value.astimezone(zone)
    if local.second or local.microsecond:
        local = (local + MINUTE).replace(second=0, microsecond=0)
    clock, on = f"{local:%H:%M}", day(local, now=now, zone=zone)
    return Both(f"{on.zh}{clock}", f"{on.en} {clock}")


def day(value: datetime, *, now: datetime, zone: ZoneInfo) -> Both:
    """Say a local day, its year where that is not this year."""
    local = value.astimezone(zone)
    other_year = local.year != now.astimezone(zone).year
    zh = f"{local.month}月{local.day}日（周{_WEEKDAYS_ZH[local.weekday()]}）"
    en = f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
    if not other_year:
        return Both(zh, en)
    return Both(f"{local.year}年{zh}", f"{en} {local.year}")


def duration(seconds: int) -> Both:
    """Say how long, in the largest unit of which there are at least two."""
    for size, unit in _DURATIONS:
        if seconds % size == 0 and seconds > size:
            return Both(f"{seconds // size} {unit.zh}", f"{seconds // size} {unit.en}")
    return Both(f"{seconds} 秒", f"{seconds} seconds")


def contact(slot: CountedSlot, *, now: datetime, zone: ZoneInfo) -> Both:
    """Say that there was a contact, or that one is planned: its channel and time, no more."""
    when = moment(slot.at, now=now, zone=zone)
    if slot.at <= now:
        said = _PAST[slot.channel]
        return Both(f"{when.zh} {said.zh}", f"{said.en} on {when.en}")
    said = _AHEAD[slot.channel]
    return Both(f"{when.zh} {said.zh}", f"{said.en} {when.en}")


def listed(said: Sequence[Both], *, most: int) -> Both:
    """Say several things in a row, the first few of them."""
    shown = said[:most]
    zh, english = "、".join(s.zh for s in shown), [s.en for s in shown]
    if (more := len(said) - len(shown)) > 0:
        return Both(f"{zh}等共 {len(said)} 次", f"{', '.join(english)} and {more} more")
    return Both(zh, " and ".join(filter(None, (", ".join(english[:-1]), *english[-1:]))))


def capital(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]


def amount(rule: Rule) -> Both:
    """Say what a cap allows: 7 天内最多接触 2 次; at most 2 contacts in 7 days."""
    number = rule.limit or 0
    what = counted_contacts(rule, is_one=number == 1)
    zh, en = _per(rule)
    return Both(f"{zh}最多{what.zh} {number} 次", f"at most {number} {what.en} {en}")


def _per(rule: Rule) -> Both:
    if rule.period is not None:
        return _PERIODS[rule.period]
    if rule.kind is RuleKind.ROLLING_DAYS:
        return Both(f"{rule.days} 天内", f"in {rule.days} days")
    width = duration(rule.seconds or 0)
    return Both(f"{width.zh}内", f"in {width.en}")


def counted_contacts(rule: Rule | None, *, is_one: bool = False) -> Both:
    """Name the contacts that a policy counts, or the one that it allows."""
    contacts = _plural("contact", is_one=is_one)
    if rule is None:
        return Both("联系", contacts)
    if rule.counted_channels != ALL_CHANNELS:
        names = [CHANNELS[c] for c in Channel if c in rule.counted_channels]
        english = ", ".join(_plural(n.en, is_one=is_one) for n in names)
        return Both("、".join(n.zh for n in names), english)
    if rule.counted_categories == ALL_CATEGORIES:
        return Both("接触", contacts)
    kinds = [CATEGORIES[c] for c in Category if c in rule.counted_categories]
    english = " and ".join(k.en for k in kinds)
    return Both("、".join(k.zh for k in kinds) + "联系", f"{english} {contacts}")


def _plural(name: str, *, is_one: bool) -> str:
    return name if is_one or name.isupper() else f"{name}s"


def when_asked(category: Category) -> Both:
    """Name a category at the head of a sentence."""
    name = CATEGORIES[category]
    return Both(f"{name.zh}联系", f"{capital(name.en)} contact")


def hours(rule: Rule) -> str:
    """Say from when to when a window is open."""
    return f"{clock(rule.opens)}-{clock(rule.closes)}"


def weekdays(rule: Rule) -> Both:
    """Say on which days a window is open, where not on all."""
    if rule.workdays_only:
        return Both("工作日 ", " on workdays")
    if rule.weekdays == EVERY_DAY:
        return Both(" ", "")
    days = sorted(rule.weekdays)
    zh = "、".join(f"周{_WEEKDAYS_ZH[d - 1]}" for d in days)
    return Both(f"{zh} ", " on " + ", ".join(_WEEKDAYS[d - 1] for d in days))


def clock(minutes: int) -> str:
    """Say a time of day."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def roles(names: Sequence[str]) -> Both:
    """Say who, of those roles."""
    known = [_ROLES[name] for name in names if name in _ROLES]
    return Both("或".join(r.zh for r in known), " or ".join(r.en for r in known))
