"""Policies are changed by adding versions; what was judged yesterday stays judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.errors import EffectiveInPast, PolicyExists, PolicyLoosensTooMuch
from crm_api.contact_frequency.models import FrequencyPolicy, PolicySegment, PolicyVersion
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.contact_frequency.policies.matching import is_narrower
from crm_api.contact_frequency.policies.rules import bounded, same_shape, to_document
from crm_api.contact_frequency.queries import dated_rules, in_force
from crm_api.contact_frequency.service.replanning import recheck_customers
from crm_api.contact_frequency.terms import ScopeKind, Strength
from crm_api.customers.segments import service as segments
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.policies import Rule

FIRMNESS = (Strength.SOFT, Strength.HARD, Strength.LEGAL)


def ensure_default_policies(*, now: datetime) -> int:
    """Bring in those of the policies we ship that are missing; return how many."""
    known = set(db.session.scalars(sa.select(FrequencyPolicy.key)))
    missing = [rule for rule in DEFAULT_RULES if rule.key not in known]
    policies = [_policy(rule, now) for rule in missing]
    db.session.add_all(policies)
    db.session.flush()
    for policy, rule in zip(policies, missing, strict=True):
        db.session.add(_first(policy, rule, effective_from=now, by_id=None, reason="default"))
    db.session.flush()
    return len(missing)


def create_policy(
    rule: Rule, *, effective_from: datetime | None, reason: str, by_id: str, now: datetime
) -> PolicyVersion:
    """Lay down a new policy with its first version.

    :raises PolicyExists: if its key is taken
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should have applied before now
    """
    require_new_key(rule.key)
    effective_from = not_past(effective_from, now)
    check_loosening(rule, at=effective_from)
    policy = _policy(rule, now)
    db.session.add(policy)
    db.session.flush()
    version = _first(policy, rule, effective_from=effective_from, by_id=by_id, reason=reason)
    db.session.add(version)
    if rule.scope_kind is ScopeKind.SEGMENT:
        db.session.add(PolicySegment(policy_id=policy.id, segment_id=rule.scope_id))
        segments.bind_segment(rule.scope_id)
    _look_again(policy, version, now=now)
    return version


def _look_again(policy: FrequencyPolicy, version: PolicyVersion, *, now: datetime) -> None:
    """Look again at the plans of one customer; those of a tier, a segment or all are the sweep's.

    Whoever changes policies holds them still, and with them every slot: to lock the customer now
    would be to wait in a ring with a decision that waits for the policies.
    """
    db.session.flush()
    if policy.scope_kind is ScopeKind.CUSTOMER and version.effective_from <= now:
        recheck_customers([policy.scope_id], now=now)


def _policy(rule: Rule, now: datetime) -> FrequencyPolicy:
    return FrequencyPolicy(
        id=new_id(),
        created_at=now,
        key=rule.key,
        scope_kind=rule.scope_kind,
        scope_id=rule.scope_id,
        loosens=rule.loosens,
    )


def _first(
    policy: FrequencyPolicy,
    rule: Rule,
    *,
    effective_from: datetime,
    by_id: str | None,
    reason: str,
) -> PolicyVersion:
    return PolicyVersion(
        id=new_id(),
        created_at=policy.created_at,
        policy_id=policy.id,
        number=1,
        effective_from=effective_from,
        rule=to_document(rule),
        reason=reason,
        by_id=by_id,
    )


def add_version(
    policy_id: str,
    rule: Rule,
    *,
    effective_from: datetime | None,
    is_retired: bool = False,
    reason: str,
    by_id: str,
    now: datetime,
) -> PolicyVersion:
    """Let a policy say something else from a moment on; it acts at once on what is not out yet.

    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should have applied before now
    :raises NotFound: if there is no such policy
    """
    policy = db.session.get(FrequencyPolicy, policy_id)
    if policy is None:
        raise NotFound("policy")
    effective_from = not_past(effective_from, now)
    if not is_retired:
        check_loosening(rule, at=effective_from)
    version = PolicyVersion(
        id=new_id(),
        created_at=now,
        policy_id=policy.id,
        number=newest_number(policy.id) + 1,
        effective_from=effective_from,
        rule=to_document(rule),
        is_retired=is_retired,
        reason=reason,
        by_id=by_id,
    )
    db.session.add(version)
    _look_again(policy, version, now=now)
    return version


def require_new_key(key: str) -> None:
    """Make sure that no policy bears this key.

    :raises PolicyExists: if one does
    """
    if db.session.scalar(sa.select(FrequencyPolicy.id).where(FrequencyPolicy.key == key)):
        raise PolicyExists(key=key)


def newest_number(policy_id: str | None) -> int:
    """Return the number of a policy's newest version; 0 for a policy that does not exist yet."""
    last = sa.select(sa.func.max(PolicyVersion.number)).where(PolicyVersion.policy_id == policy_id)
    return db.session.scalar(last) or 0


def not_past(effective_from: datetime | None, now: datetime) -> datetime:
    """Return when a version takes effect: at once unless told.

    :raises EffectiveInPast: if that was before now
    """
    if effective_from is not None and effective_from < now:
        raise EffectiveInPast
    return effective_from or now


def check_loosening(rule: Rule, *, at: datetime) -> None:
    """Refuse at once what would otherwise be silently bounded.

    :raises PolicyLoosensTooMuch: if the broader policy does not let it go so far
    """
    if rule.loosens is None:
        return
    broader = {r.key: r for r in in_force(dated_rules(), at=at)}.get(rule.loosens)
    if broader is None:
        raise PolicyLoosensTooMuch(
            "There is no such broader policy in force.", loosens=rule.loosens
        )
    may = is_narrower(rule, broader) and rule.scope_kind in broader.loosened_by
    if not may or not same_shape(rule, broader):
        raise PolicyLoosensTooMuch(
            "The broader policy does not let this scope loosen it, or differs in more than amount.",
            loosened_by=sorted(broader.loosened_by),
        )
    if FIRMNESS.index(rule.strength) < FIRMNESS.index(broader.strength):
        raise PolicyLoosensTooMuch(
            "It must be as firm as the broader policy in whose place it stands.",
            strength=broader.strength,
        )
    if bounded(rule, by=broader) != rule:
        raise PolicyLoosensTooMuch(
            "The broader policy sets a ceiling below this.", ceiling=broader.ceiling
        )
