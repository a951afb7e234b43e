"""How much of each allowance is left around a moment, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments, phrases
from crm_api.contact_frequency.policies.caps import bucket_of, counts_toward
from crm_api.contact_frequency.policies.phrases import Both
from crm_api.contact_frequency.terms import RuleKind, Strength, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.facts import Facts, SlotFact
    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.policies.rules import Rule
    from crm_api.contact_frequency.values import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One cap: what it allows, how much of that is used around the moment, and what is left."""

    rule: Rule
    limit: int
    used: int

    @property
    def left(self) -> int:
        """Return how many more the cap would allow there."""
        return max(0, self.limit - self.used)

    @property
    def policy_key(self) -> str:
        """Return the cap's name."""
        return self.rule.key

    @property
    def strength(self) -> Strength:
        """Return how firm the cap is."""
        return self.rule.strength

    @property
    def words(self) -> Both:
        """Say what is allowed, used and left."""
        said = phrases.amount(self.rule)
        return Both(
            f"{said.zh}，已有 {self.used} 次，还可以有 {self.left} 次。",
            f"{phrases.capital(said.en)}: {self.used} used, {self.left} left.",
        )


def budgets_at(plan: Plan, facts: Facts, policies: PolicyFrame) -> list[Budget]:
    """Return the caps that bind a contact with its customer, with what is left of each."""
    person = facts.persons[0]
    applicable = policies.applicable(
        plan.channel,
        plan.category,
        tier=person.tier,
        customer_id=person.customer_id,
        segments=person.segments,
    )
    at = moments.micros(plan.at)
    return [
        Budget(rule=rule, limit=rule.limit, used=_used(rule, person.slots, at, policies.zone))
        for rule in applicable.caps
        if rule.limit is not None and SubjectKind.CUSTOMER in rule.subjects
    ]


def _used(rule: Rule, slots: Sequence[SlotFact], at: int, zone: ZoneInfo) -> int:
    """Count the different contacts in the fullest window around the moment."""
    counted = [slot for slot in slots if counts_toward(rule, slot)]
    windows = _windows(rule, counted, at, zone)
    return max((len({slot.unit for slot in inside}) for inside in windows), default=0)


def _windows(
    rule: Rule, slots: list[SlotFact], at: int, zone: ZoneInfo
) -> Iterator[list[SlotFact]]:
    """Yield what lies together with the moment in less than the cap's width."""
    if rule.kind is RuleKind.CALENDAR:
        first, after = bucket_of(rule.period, moments.local_day(at, zone))
        yield [s for s in slots if first <= moments.local_day(s.at, zone) < after]
        return
    in_days = rule.kind is RuleKind.ROLLING_DAYS
    places = [moments.local_day(s.at, zone) if in_days else s.at for s in slots]
    here = moments.local_day(at, zone) if in_days else at
    width = (rule.days or 1) if in_days else (rule.seconds or 0) * moments.SECOND
    for first in (*places, here):
        if first <= here < first + width:
            yield [
                slot
                for slot, place in zip(slots, places, strict=True)
                if first <= place < first + width
            ]
