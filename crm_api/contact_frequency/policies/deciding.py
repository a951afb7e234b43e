"""The governor's answer to one plan: pure, so that anybody can replay it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import arbitrating, moments, search
from crm_api.contact_frequency.policies.limiting import exceeded_limits, limits_for
from crm_api.contact_frequency.policies.overriding import sets_aside
from crm_api.contact_frequency.policies.ranking import find_weaker
from crm_api.contact_frequency.policies.sentences import describe_limit
from crm_api.contact_frequency.policies.telling_once import tell_once
from crm_api.contact_frequency.policies.trace import write_trace
from crm_api.contact_frequency.policies.wording import Told, tell
from crm_api.contact_frequency.terms import Strength, Verdict
from crm_api.contact_frequency.values import ChannelMoment, CountedSlot, Decision, Reason
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from crm_api.contact_frequency.policies.facts import Facts, SlotFact
    from crm_api.contact_frequency.policies.limits import Hit, Limit
    from crm_api.contact_frequency.policies.matching import PolicyFrame
    from crm_api.contact_frequency.policies.rules import Rule
    from crm_api.contact_frequency.terms import ReasonCode
    from crm_api.contact_frequency.values import Plan

ROLES = ("account_manager", "manager", "admin")
_FIRMEST_FIRST = (Strength.LEGAL, Strength.HARD, Strength.SOFT)


def decide(plan: Plan, facts: Facts, policies: PolicyFrame, now: datetime) -> Decision:
    """Judge a plan against what is known: verdict, all reasons, and the nearest legal moments.

    What has happened is never blocked: its reasons are what it went beyond.
    `facts` hold, for every customer met and for the number that rings, the counting slots from a
    policy's width before the earlier of `now` and the plan's moment onwards, sorted by time; the
    wishes, holds and opt-outs in force; and what is known of the visit served. `policies` are the
    versions in force at `now`. Nothing else bears on the answer.

    A held slot that loses to the plan stands in nobody's way: it gives way where it must.
    """
    weaker = find_weaker(plan, facts, now=now)
    decision = _judge(plan, arbitrating.without(facts, weaker), policies, now)
    if weaker and decision.is_allowed:
        decision = _arbitrate(plan, facts, policies, weaker, now)
    decision.trace = write_trace(decision)
    return decision


def _judge(plan: Plan, facts: Facts, policies: PolicyFrame, now: datetime) -> Decision:
    at = moments.micros(plan.at)
    now_value = moments.micros(now)
    limits = limits_for(plan, facts, policies, now=now_value)
    found = [(limit, hit) for limit in limits if (hit := limit.hit(at))]
    waived = [one for one in found if sets_aside(facts.override, *one, at=at)]
    hits = [one for one in found if one not in waived] if waived else found
    beyond = [
        (limit, hit) for limit in exceeded_limits(plan, facts, policies) if (hit := limit.hit(at))
    ]
    case = _Case(plan, facts.wording, policies.zone, now)
    if facts.has_happened or all(_is_soft(limit) for limit, _ in hits):
        decision = _allow(case, hits, beyond, is_plain=not found)
    else:
        decision = _block(case, hits, beyond, limits)
        decision.other_channels = tuple(_other_channels(plan, facts, policies, now_value))
    decision.override, decision.overridden = facts.override, _reasons(waived, case)
    return decision


def _arbitrate(
    plan: Plan, facts: Facts, policies: PolicyFrame, weaker: Sequence[SlotFact], now: datetime
) -> Decision:
    """Allow a plan beside those held slots that may stay, and name those that may not."""
    now_value = moments.micros(now)
    losers = arbitrating.find_losers(plan, facts, policies, weaker=weaker, now=now_value)
    decision = _judge(plan, arbitrating.without(facts, losers), policies, now)
    decision.losers = tuple(arbitrating.end_of(loser, plan, facts, policies) for loser in losers)
    return decision


def _is_soft(limit: Limit) -> bool:
    return limit.source.strength is Strength.SOFT


@dataclass(frozen=True, slots=True)
class _Case:
    """What the reasons speak of."""

    plan: Plan
    wording: int
    zone: ZoneInfo
    now: datetime
    next_allowed_at: datetime | None = None


_Hits = Sequence[tuple["Limit", "Hit"]]


def _allow(case: _Case, hits: _Hits, beyond: _Hits, *, is_plain: bool) -> Decision:
    return Decision(
        plan=case.plan,
        verdict=Verdict.ALLOWED if is_plain else Verdict.ALLOWED_WITH_WARNING,
        judged_at=case.now,
        reasons=_reasons(hits, case),
        exceeded=tuple(_reason(limit, hit, case) for limit, hit in beyond),
        next_allowed_at=case.plan.at,
    )


def _block(case: _Case, hits: _Hits, beyond: _Hits, limits: Sequence[Limit]) -> Decision:
    at, now = moments.micros(case.plan.at), moments.micros(case.now)
    firm = [limit for limit in limits if not _is_soft(limit)]
    soonest, never = search.next_allowed(firm, at)
    earlier = search.earlier_alternative(firm, at, not_before=now)
    case = replace(case, next_allowed_at=_moment(soonest))
    reasons = _reasons(hits, case)
    return Decision(
        plan=case.plan,
        verdict=Verdict.BLOCKED,
        judged_at=case.now,
        reasons=reasons,
        exceeded=tuple(_reason(limit, hit, case) for limit, hit in beyond),
        binding=_binding(reasons),
        next_allowed_at=case.next_allowed_at,
        no_next_because=None if soonest is not None else _why_never(reasons, never),
        earlier_alternative_at=_moment(earlier),
        overridable_by=_who_may_override(reasons),
    )


def _reasons(hits: _Hits, case: _Case) -> tuple[Reason, ...]:
    found = sorted(
        (_reason(limit, hit, case) for limit, hit in hits),
        key=lambda r: (
            _FIRMEST_FIRST.index(r.strength),
            r.code,
            r.policy_key or "",
            r.subject_kind,
            r.subject_id,
        ),
    )
    return tell_once(found, wording=case.wording)


def _reason(limit: Limit, hit: Hit, case: _Case) -> Reason:
    source = limit.source
    reason = Reason(
        code=hit.code,
        strength=source.strength,
        subject_kind=source.subject_kind,
        subject_id=source.subject_id,
        policy_key=source.rule.key if source.rule else None,
        policy_version=source.rule.version if source.rule else None,
        limit=describe_limit(source.rule),
        counted=tuple(
            CountedSlot(
                slot_id=slot.slot_id,
                channel=slot.channel,
                category=slot.category,
                at=moments.moment_of(slot.at),
            )
            for slot in hit.counted
        ),
        forbidden_from=_moment(hit.start),
        forbidden_until=_moment(hit.end),
        overridable_by=source.overridable_by,
    )
    return _told(reason, source.rule, case)


def _told(reason: Reason, rule: Rule | None, case: _Case) -> Reason:
    told = Told(
        reason=reason,
        rule=rule,
        plan=case.plan,
        now=case.now,
        zone=case.zone,
        next_allowed_at=case.next_allowed_at,
    )
    said = tell(told, wording=case.wording)
    return replace(reason, message=said.en, message_zh=said.zh)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moments.moment_of(value)


def _binding(reasons: Sequence[Reason]) -> int:
    """Return which reason lasts longest: until it ends, lifting any other changes nothing."""
    firm = [(n, r) for n, r in enumerate(reasons) if r.blocks]
    endless = [n for n, r in firm if r.forbidden_until is None]
    if endless:
        return endless[0]
    return max(firm, key=lambda found: (_end(found[1]), -found[0]))[0]


def _end(reason: Reason) -> float:
    return reason.forbidden_until.timestamp() if reason.forbidden_until else float("inf")


def _why_never(reasons: Sequence[Reason], later: ReasonCode | None) -> str:
    """Name what forbids the moment asked for ever, or else what the search came up against."""
    endless = [r.code for r in reasons if r.blocks and r.forbidden_until is None]
    return str((*endless, later or "beyond_horizon")[0])


def _other_channels(
    plan: Plan, facts: Facts, policies: PolicyFrame, now: int
) -> list[ChannelMoment]:
    at = moments.micros(plan.at)
    answers = []
    for channel in Channel:
        if channel is plan.channel:
            continue
        limits = limits_for(replace(plan, channel=channel), facts, policies, now=now)
        firm = [limit for limit in limits if not _is_soft(limit)]
        soonest, _never = search.next_allowed(firm, at)
        answers.append(ChannelMoment(channel=channel, next_allowed_at=_moment(soonest)))
    return answers


def _who_may_override(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """Return the roles each of which may override every reason that blocks."""
    blocking = [set(reason.overridable_by) for reason in reasons if reason.blocks]
    return tuple(role for role in ROLES if all(role in allowed for allowed in blocking))
