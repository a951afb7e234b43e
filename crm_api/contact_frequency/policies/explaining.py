"""A stored decision told in plain words: what was asked, what spoke against it, what would do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies import phrases
from crm_api.contact_frequency.policies.phrases import Both
from crm_api.contact_frequency.terms import DecisionKind, SlotState, SubjectKind, Verdict
from crm_api.customers.terms import Category, Channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_KINDS = {
    DecisionKind.RESERVATION: Both("预约", "Reservation"),
    DecisionKind.REFUSAL: Both("未获准的计划", "Refused plan"),
    DecisionKind.MOVE: Both("改期", "Move"),
    DecisionKind.BEGIN: Both("发出前的复核", "Begin"),
    DecisionKind.FACT: Both("已发生的接触", "Contact that happened"),
}
_VERDICTS = {
    Verdict.ALLOWED: Both("结论：可以联系。", "Verdict: allowed."),
    Verdict.ALLOWED_WITH_WARNING: Both(
        "结论：可以联系，但请注意以下情况。", "Verdict: allowed, with a warning."
    ),
    Verdict.BLOCKED: Both("结论：不可以联系。", "Verdict: blocked."),
}
_ENDS = {
    SlotState.PREEMPTED: Both("让位", "gives way"),
    SlotState.COALESCED: Both("并入这一条", "is said by this one"),
}
_BINDING = Both("（决定性）", " (this one binds)")


def explain(
    trace: dict[str, Any], *, decision_id: str, kind: DecisionKind, is_same: bool, zone: ZoneInfo
) -> list[Both]:
    """Tell a decision, a line for each thing that there is to know."""
    judged_at = datetime.fromisoformat(trace["judged_at"])
    told = _Telling(trace, judged_at, zone)
    return [*told.lines(decision_id, kind), _replayed(is_same=is_same)]


def _replayed(*, is_same: bool) -> Both:
    if is_same:
        return Both("重算：逐字节一致。", "Replay: the same bytes.")
    return Both(
        "重算：与存档不一致，须查明原因！", "Replay: OTHER bytes than were stored. Find out why!"
    )


class _Telling:
    def __init__(self, trace: dict[str, Any], judged_at: datetime, zone: ZoneInfo) -> None:
        self.trace = trace
        self.judged_at = judged_at
        self.zone = zone

    def lines(self, decision_id: str, kind: DecisionKind) -> Iterator[Both]:
        yield self._asked(decision_id, kind)
        yield _VERDICTS[Verdict(self.trace["verdict"])]
        for reason in self.trace["reasons"]:
            yield from self._reason(reason, mark=_BINDING if reason["is_binding"] else Both("", ""))
        yield from self._override()
        for reason in self.trace["exceeds"]:
            yield from self._reason(reason, mark=Both("（计数但不受限）", " (counts, not blocked)"))
        for loser in self.trace.get("gives_way", ()):
            yield self._loser(loser)
        if self.trace["verdict"] == Verdict.BLOCKED:
            yield from self._ways_out()

    def _asked(self, decision_id: str, kind: DecisionKind) -> Both:
        trace, what = self.trace, self._contact(self.trace)
        at, judged = self._when(trace["asked_at"]), self._when(trace["judged_at"])
        name, customer = _KINDS[kind], trace["customer_id"]
        return Both(
            f"{name.zh} {decision_id}：{at.zh} 对客户 {customer} 的{what.zh}，判定于 {judged.zh}。",
            f"{name.en} {decision_id}: {what.en} to customer {customer} on {at.en}, "
            f"judged on {judged.en}.",
        )

    def _reason(self, reason: dict[str, Any], *, mark: Both) -> Iterator[Both]:
        policy = _policy(reason)
        yield Both(
            f"- {reason['message_zh']}{mark.zh}{policy.zh}",
            f"- {reason['message']}{mark.en}{policy.en}",
        )
        for slot in reason["counted"]:
            what, at = self._contact(slot), self._when(slot["at"])
            yield Both(
                f"    计入：{at.zh} {what.zh}，{slot['slot_id']}",
                f"    counted: {what.en} on {at.en}, {slot['slot_id']}",
            )

    def _override(self) -> Iterator[Both]:
        override = self.trace.get("override")
        if override is None:
            return
        by, to = override["asked_by_id"], override["approved_by_id"]
        yield Both(
            f"破例 {override['id']}：{by} 申请，{to} 批准，越过：",
            f"Override {override['id']}: asked for by {by}, approved by {to}, sets aside:",
        )
        for reason in self.trace["overridden"]:
            yield from self._reason(reason, mark=Both("", ""))

    def _loser(self, loser: dict[str, Any]) -> Both:
        what, at = self._contact(loser), self._when(loser["at"])
        end = _ENDS[SlotState(loser["becomes"])]
        return Both(
            f"- {at.zh} {what.zh}（{loser['slot_id']}）{end.zh}。",
            f"- {phrases.capital(what.en)} on {at.en} ({loser['slot_id']}) {end.en}.",
        )

    def _ways_out(self) -> Iterator[Both]:
        trace = self.trace
        following = trace["next_allowed_at"]
        if following is None:
            why = trace["no_next_because"]
            yield Both(f"400 天内没有可联系的时间：{why}。", f"No moment in 400 days: {why}.")
        else:
            at = self._when(following)
            yield Both(f"最早可联系：{at.zh}。", f"Next allowed: {at.en}.")
        if trace["earlier_alternative_at"] is not None:
            at = self._when(trace["earlier_alternative_at"])
            yield Both(f"或不晚于：{at.zh}。", f"Or no later than: {at.en}.")
        yield from self._other_channels()
        yield _may_override(trace["may_be_overridden_by"])

    def _other_channels(self) -> Iterator[Both]:
        for other in self.trace["other_channels"]:
            name = phrases.CHANNELS[Channel(other["channel"])]
            if other["next_allowed_at"] is None:
                yield Both(f"  {name.zh}：没有可用时间", f"  {name.en}: never")
            else:
                at = self._when(other["next_allowed_at"])
                yield Both(f"  {name.zh}：{at.zh} 起", f"  {name.en}: from {at.en}")

    def _contact(self, about: dict[str, Any]) -> Both:
        channel = phrases.CHANNELS[Channel(about["channel"])]
        category = phrases.CATEGORIES[Category(about["category"])]
        return Both(f"{category.zh}{channel.zh}", f"a {category.en} {channel.en}")

    def _when(self, text: str) -> Both:
        moment = datetime.fromisoformat(text)
        return phrases.moment(moment, now=self.judged_at, zone=self.zone)


def _policy(reason: dict[str, Any]) -> Both:
    kind, whom = reason["subject"]["kind"], reason["subject"]["id"]
    number = f" {whom}" if kind == SubjectKind.ENDPOINT else ""
    if reason["policy_key"] is None:
        return Both(f"[{reason['code']}{number}]", f" [{reason['code']}{number}]")
    name = f"{reason['policy_key']} v{reason['policy_version']}, {reason['limit']}{number}"
    return Both(f"[{name}]", f" [{name}]")


def _may_override(names: list[str]) -> Both:
    roles = phrases.roles(names)
    if not names:
        return Both("不可破例。", "Nobody may override it.")
    return Both(f"可由{roles.zh}批准破例。", f"May be overridden by {roles.en}.")
