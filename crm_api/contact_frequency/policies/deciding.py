"""The governor's answer to one plan: pure, so that anybody can replay it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments, search
from crm_api.contact_frequency.policies.limiting import exceeded_limits, limits_for
from crm_api.contact_frequency.policies.overriding import sets_aside
from crm_api.contact_frequency.policies.sentences import describe_limit
from crm_api.contact_frequency.policies.trace import write_trace
from crm_api.contact_frequency.terms import Strength, Verdict
from crm_api.contact_frequency.values import ChannelMoment, CountedSlot, Decision, Reason
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.policies.limits import Hit, Limit
    from crm_api.contact_frequency.policies.matching import PolicyFrame
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
    """
    at = moments.micros(plan.at)
    now_value = moments.micros(now)
    limits = limits_for(plan, facts, policies, now=now_value)
    found = [(limit, hit) for limit in limits if (hit := limit.hit(at))]
    waived = [one for one in found if sets_aside(facts.override, *one, at=at)]
    hits = [one for one in found if one not in waived] if waived else found
    exceeded = [
        _reason(limit, hit)
        for limit in exceeded_limits(plan, facts, policies)
        if (hit := limit.hit(at))
    ]
    if facts.has_happened or all(_is_soft(limit) for limit, _ in hits):
        decision = _allow(plan, hits, exceeded, now, is_plain=not found)
    else:
        decision = _block(plan, hits, exceeded, limits, now)
        decision.other_channels = tuple(_other_channels(plan, facts, policies, now_value))
    decision.override, decision.overridden = facts.override, _reasons(waived)
    decision.trace = write_trace(decision)
    return decision


def _is_soft(limit: Limit) -> bool:
    return limit.source.strength is Strength.SOFT


def _allow(
    plan: Plan,
    hits: Sequence[tuple[Limit, Hit]],
    exceeded: list[Reason],
    now: datetime,
    *,
    is_plain: bool,
) -> Decision:
    return Decision(
        plan=plan,
        verdict=Verdict.ALLOWED if is_plain else Verdict.ALLOWED_WITH_WARNING,
        judged_at=now,
        reasons=_reasons(hits),
        exceeded=tuple(exceeded),
        next_allowed_at=plan.at,
    )


def _block(
    plan: Plan,
    hits: Sequence[tuple[Limit, Hit]],
    exceeded: list[Reason],
    limits: Sequence[Limit],
    now: datetime,
) -> Decision:
    at, now_value = moments.micros(plan.at), moments.micros(now)
    firm = [limit for limit in limits if not _is_soft(limit)]
    reasons = _reasons(hits)
    soonest, never = search.next_allowed(firm, at)
    earlier = search.earlier_alternative(firm, at, not_before=now_value)
    return Decision(
        plan=plan,
        verdict=Verdict.BLOCKED,
        judged_at=now,
        reasons=reasons,
        exceeded=tuple(exceeded),
        binding=_binding(reasons),
        next_allowed_at=_moment(soonest),
        no_next_because=None if soonest is not None else _why_never(reasons, never),
        earlier_alternative_at=_moment(earlier),
        overridable_by=_who_may_override(reasons),
    )


def _reasons(hits: Sequence[tuple[Limit, Hit]]) -> tuple[Reason, ...]:
    found = [_reason(limit, hit) for limit, hit in hits]
    return tuple(
        sorted(
            found,
            key=lambda r: (
                _FIRMEST_FIRST.index(r.strength),
                r.code,
                r.policy_key or "",
                r.subject_kind,
                r.subject_id,
            ),
        )
    )


def _reason(limit: Limit, hit: Hit) -> Reason:
    source = limit.source
    return Reason(
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
