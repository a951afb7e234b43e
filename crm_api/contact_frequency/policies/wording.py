"""Each reason as a sentence that an account manager can act on, in Chinese and in English.

The sentences are part of a decision's trace: what was told stays what was told. A new wording gets
a new number, and traces that were stored under an older one are still written in that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import phrases
from crm_api.contact_frequency.policies.phrases import Both
from crm_api.contact_frequency.policies.sentences import SENTENCES
from crm_api.contact_frequency.terms import ReasonCode, RuleKind, Strength, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.rules import Rule
    from crm_api.contact_frequency.values import Plan, Reason

GENERIC, CONCRETE, UNREPEATED = 1, 2, 3
SHOWN_AT_MOST = 4
_HOLDS = frozenset({ReasonCode.COMPLAINT_OPEN, ReasonCode.LEAVE_ALONE, ReasonCode.MOURNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a sentence is about: one reason, the contact that it speaks of, and when it is told."""

    reason: Reason
    rule: Rule | None
    plan: Plan
    now: datetime
    zone: ZoneInfo
    next_allowed_at: datetime | None = None

    def when(self, moment: datetime) -> Both:
        """Say a moment in local time."""
        return phrases.moment(moment, now=self.now, zone=self.zone)

    @property
    def end(self) -> Both:
        """Say until when it forbids; nothing where that cannot be told."""
        until = self.reason.forbidden_until
        return phrases.NOTHING if until is None else self.when(until)

    @property
    def what(self) -> Both:
        """Name the contacts that its policy counts."""
        return phrases.counted_contacts(self.rule)


def tell(told: Told, *, wording: int) -> Both:
    """Say one reason: what stands in the way, until when, and who may let it pass."""
    if wording == GENERIC:
        chinese, english = SENTENCES[told.reason.code]
        return Both(chinese + "。", english + ".")
    parts = [_on_whom(told), _SENTENCES[told.reason.code](told), *_endings(told)]
    return Both("".join(p.zh for p in parts), " ".join(p.en for p in parts if p.en))


def _on_whom(told: Told) -> Both:
    reason = told.reason
    if reason.subject_kind is SubjectKind.ENDPOINT:
        last = reason.subject_id[-4:]
        return Both(f"尾号 {last} 的号码：", f"For the number ending in {last}:")
    if reason.subject_id and reason.subject_id != told.plan.customer_id:
        return Both("同时会面的另一位客户：", "For another customer whom this contact meets:")
    return phrases.NOTHING


def _endings(told: Told) -> list[Both]:
    reason = told.reason
    if not reason.blocks:
        return [
            Both("仅作提醒，有理由即可继续。", "This is a reminder: go on if you have a reason.")
        ]
    return [ending for ending in (_until(told), _exception(told)) if ending.en]


def _until(told: Told) -> Both:
    """Say when it ends; where that is the moment that is free, say so."""
    reason, end = told.reason, told.end
    if not end.en or reason.code in _HOLDS:
        return phrases.NOTHING
    if reason.forbidden_until == told.next_allowed_at:
        return Both(f"{end.zh} 后可以联系。", f"The next is possible from {end.en}.")
    return Both(f"这项限制到 {end.zh} 为止。", f"This lasts until {end.en}.")


def _exception(told: Told) -> Both:
    roles = phrases.roles(told.reason.overridable_by)
    if not roles.en:
        if told.reason.strength is Strength.LEGAL:
            return Both("这是法规要求，不能破例。", "The law asks for it: there is no exception.")
        return phrases.NOTHING
    if told.reason.code in _HOLDS:
        return phrases.NOTHING if told.reason.code is ReasonCode.COMPLAINT_OPEN else _lift(roles)
    return Both(f"如需破例，须由{roles.zh}批准。", f"An exception needs the word of {roles.en}.")


def _lift(roles: Both) -> Both:
    return Both(f"可由{roles.zh}解除。", f"It can be lifted by {roles.en}.")


def _gap(told: Told) -> Both:
    apart = phrases.duration((told.rule and told.rule.seconds) or 0)
    others = [phrases.contact(slot, now=told.now, zone=told.zone) for slot in told.reason.counted]
    had = phrases.listed(others, most=SHOWN_AT_MOST)
    return Both(
        f"{had.zh}，两次接触至少相隔 {apart.zh}。",
        f"{phrases.capital(had.en)}, and two contacts are at least {apart.en} apart.",
    )


def _cap(told: Told) -> Both:
    if told.rule is None or told.rule.kind is RuleKind.MIN_GAP:
        return _gap(told)
    amount = phrases.amount(told.rule)
    others = [phrases.contact(slot, now=told.now, zone=told.zone) for slot in told.reason.counted]
    had = phrases.listed(others, most=SHOWN_AT_MOST)
    return Both(f"{amount.zh}，{had.zh}。", f"{phrases.capital(amount.en)}, and {had.en}.")


def _never(told: Told) -> Both:
    return Both(f"现行政策不安排{told.what.zh}。", f"The policy in force allows no {told.what.en}.")


def _hours(told: Told) -> Both:
    if told.rule is None:
        return Both("这个时间不在允许接触的时段内。", "This is outside the permitted hours.")
    hours = phrases.hours(told.rule)
    days = phrases.weekdays(told.rule)
    return Both(
        f"{phrases.when_asked(told.plan.category).zh}只在{days.zh}{hours} 进行。",
        f"{phrases.when_asked(told.plan.category).en} takes place {hours}{days.en} only.",
    )


def _solemn_day(told: Told) -> Both:
    day = phrases.day(told.plan.at, now=told.now, zone=told.zone)
    return Both(
        f"{day.zh}是肃穆的日子，不送祝福，也不做营销。",
        f"{day.en} is a solemn day: no greetings and no marketing.",
    )


def _not_a_workday(told: Told) -> Both:
    day = phrases.day(told.plan.at, now=told.now, zone=told.zone)
    return Both(f"{day.zh}不是工作日。", f"{day.en} is not a workday.")


def _wish(told: Told) -> Both:
    reason = told.reason
    if reason.forbidden_from is not None and reason.forbidden_until is not None:
        start = told.when(reason.forbidden_from)
        return Both(
            f"客户要求{start.zh} 至 {told.end.zh} 不被打扰。",
            f"The customer wishes quiet from {start.en} to {told.end.en}.",
        )
    if reason.forbidden_until is not None:
        return Both("客户要求免打扰。", "The customer wishes not to be disturbed.")
    return Both(
        "客户要求免打扰，没有说到什么时候；客户自己收回前不能联系。",
        "The customer wishes not to be disturbed, without an end: only the customer lifts it.",
    )


def _opted_out(told: Told) -> Both:
    name = phrases.CHANNELS[told.plan.channel]
    return Both(
        f"已退订{name.zh}；客户重新订阅或亲口要求后才能再发。",
        f"The customer opted out of {name.en}: only the customer's own wish lifts that.",
    )


def _leave_alone(told: Told) -> Both:
    if not told.end.en:
        return Both(
            "约定暂不打扰，没有说到什么时候。",
            "It was agreed to leave the customer alone, without an end.",
        )
    return Both(
        f"约定 {told.end.zh} 之前不打扰。",
        f"It was agreed to leave the customer alone until {told.end.en}.",
    )


def _mourning(told: Told) -> Both:
    until = told.end
    if not until.en:
        return Both(
            "客户所在地区正在哀悼，关怀和营销一律暂停，解除后恢复。",
            "The customer's region is in mourning: care and marketing rest until that is lifted.",
        )
    return Both(
        f"客户所在地区正在哀悼，关怀和营销暂停到 {until.zh}。",
        f"The customer's region is in mourning: care and marketing rest until {until.en}.",
    )


def _minor(told: Told) -> Both:
    end = told.end
    return Both(
        f"客户未成年（{end.zh} 成年），没有监护人同意不能做关怀和营销。",
        f"The customer is a minor until {end.en}, and no guardian has consented.",
    )


def _occasion_taken(told: Told) -> Both:
    if told.reason.subject_kind is SubjectKind.ENDPOINT:
        return Both(
            "这个节日已有一条祝福发给同号的另一位客户，一个号码只祝福一次。",
            "a greeting for this occasion goes to another customer on it; a number hears it once.",
        )
    return Both(
        "同一件事已有一次联系，不重复。",
        "Another contact already serves this occasion: it is said once.",
    )


def _greeted(told: Told) -> Both:
    day = phrases.day(told.plan.at, now=told.now, zone=told.zone)
    return Both(
        f"{day.zh}已有另一条祝福，一天只祝福一次。",
        f"Another greeting goes out on {day.en}: a day has one.",
    )


def _after_last_moment(told: Told) -> Both:
    first = told.reason.forbidden_from  # the last useful moment lies just before
    when = phrases.NOTHING if first is None else told.when(first - timedelta.resolution)
    return Both(
        f"过了 {when.zh} 这次联系就没有意义了。",
        f"After {when.en} this contact serves nothing any more.",
    )


def _in_the_past(told: Told) -> Both:
    asked, now = told.when(told.plan.at), told.when(told.now)
    return Both(
        f"{asked.zh} 已经过去，现在是 {now.zh}。", f"{asked.en} has passed: it is {now.en} now."
    )


def _plain(chinese: str, english: str) -> Callable[[Told], Both]:
    return lambda _told: Both(chinese, english)


_SENTENCES: dict[ReasonCode, Callable[[Told], Both]] = {
    ReasonCode.CAP_REACHED: _cap,
    ReasonCode.DAILY_CAP_REACHED: _cap,
    ReasonCode.PERIOD_CAP_REACHED: _cap,
    ReasonCode.GAP_TOO_SHORT: _gap,
    ReasonCode.NEVER_ALLOWED: _never,
    ReasonCode.OUTSIDE_HOURS: _hours,
    ReasonCode.SOLEMN_DAY: _solemn_day,
    ReasonCode.NOT_A_WORKDAY: _not_a_workday,
    ReasonCode.VISIT_CONTACTS_EXHAUSTED: _plain(
        "这次走访的两次配套联系已经用完。",
        "The visit has had the two contacts that may go with it.",
    ),
    ReasonCode.DO_NOT_DISTURB: _wish,
    ReasonCode.OPTED_OUT: _opted_out,
    ReasonCode.COMPLAINT_OPEN: _plain(
        "有投诉还没结案，结案前暂停关怀和营销。",
        "A complaint is open: care and marketing rest until it is closed.",
    ),
    ReasonCode.LEAVE_ALONE: _leave_alone,
    ReasonCode.MOURNING: _mourning,
    ReasonCode.DECEASED: _plain("客户已经去世。", "The customer has died."),
    ReasonCode.MINOR_WITHOUT_CONSENT: _minor,
    ReasonCode.ACCOUNT_CLOSED: _plain("客户已经销户。", "The customer has closed the account."),
    ReasonCode.OCCURRENCE_TAKEN: _occasion_taken,
    ReasonCode.GREETED_THAT_DAY: _greeted,
    ReasonCode.AFTER_LAST_MOMENT: _after_last_moment,
    ReasonCode.IN_THE_PAST: _in_the_past,
    ReasonCode.SLOT_SETTLED: _plain("这个预约已经不在了。", "The reservation is no longer held."),
}
