"""Write a change down, think again, or let it be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.accounts.models import Role
from crm_api.contact_frequency.desk.errors import NotYourDraft
from crm_api.contact_frequency.desk.models import PolicyDraft
from crm_api.contact_frequency.desk.queries import drafts, policies
from crm_api.contact_frequency.desk.service.allowing import require_allowed
from crm_api.contact_frequency.desk.terms import DraftState
from crm_api.contact_frequency.policies.rules import from_document, to_document
from crm_api.contact_frequency.service.policies import newest_number, require_new_key
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import FrequencyPolicy
    from crm_api.contact_frequency.policies import Rule


def draft_policy(
    rule: Rule, *, effective_from: datetime | None, reason: str, by: Actor, now: datetime
) -> dict[str, Any]:
    """Propose a new policy.

    :raises PolicyExists: if its key is taken
    :raises PolicyOutOfReach: if it is legal and the actor no administrator
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should apply before now
    :raises NotFound: if it is for a customer or segment that the actor may not see
    """
    require_new_key(rule.key)
    draft = _draft(rule, None, effective_from=effective_from, reason=reason, by=by, now=now)
    return _keep(draft, by=by, now=now)


def draft_change(
    policy_id: str,
    *,
    rule: Rule,
    is_retired: bool,
    effective_from: datetime | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Propose a policy's next version.

    :raises PolicyOutOfReach: if it is legal and the actor no administrator
    :raises LegalPolicyLoosened: if it would allow what the law does not
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should apply before now
    :raises NotFound: if there is no such policy, or none that the actor may see
    """
    policy = policies.get_policy(policy_id, visible_to=by)
    content = {"effective_from": effective_from, "reason": reason, "is_retired": is_retired}
    return _propose(rule, policy, by=by, now=now, **content)


def draft_rollback(
    policy_id: str,
    *,
    number: int,
    effective_from: datetime | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Propose a version that says again what an older one said.

    :raises PolicyOutOfReach: if it is legal and the actor no administrator
    :raises LegalPolicyLoosened: if it would allow what the law does not
    :raises PolicyLoosensTooMuch: if the broader one no longer lets it go so far
    :raises EffectiveInPast: if it should apply before now
    :raises NotFound: if there is no such policy or version, or none that the actor may see
    """
    policy = policies.get_policy(policy_id, visible_to=by)
    older = drafts.find_version(policy.id, number)
    if older is None:
        raise NotFound("version")
    content = {"effective_from": effective_from, "reason": reason, "is_retired": older.is_retired}
    rule = from_document(older.rule, key=policy.key)
    return _propose(rule, policy, by=by, now=now, restores_number=number, **content)


def _propose(
    rule: Rule, policy: FrequencyPolicy, *, by: Actor, now: datetime, **content: Any
) -> dict[str, Any]:
    return _keep(
        _draft(_identified(rule, policy), policy, by=by, now=now, **content), by=by, now=now
    )


def _identified(rule: Rule, policy: FrequencyPolicy | PolicyDraft) -> Rule:
    names = ("key", "scope_kind", "scope_id", "loosens")
    return replace(rule, **{name: getattr(policy, name) for name in names})


def _draft(
    rule: Rule,
    policy: FrequencyPolicy | None,
    *,
    by: Actor,
    now: datetime,
    **content: Any,
) -> PolicyDraft:
    return PolicyDraft(
        id=new_id(),
        created_at=now,
        policy_id=policy.id if policy else None,
        key=rule.key,
        scope_kind=rule.scope_kind,
        scope_id=rule.scope_id,
        loosens=rule.loosens,
        rule=_as_stored(rule),
        base_number=newest_number(policy.id) if policy else 0,
        author_id=by.id,
        **content,
    )


def _as_stored(rule: Rule) -> dict[str, Any]:
    """Write a rule as it is read back, so that the two can be compared."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(to_document(rule)))
    return document


def _keep(draft: PolicyDraft, *, by: Actor, now: datetime) -> dict[str, Any]:
    db.session.add(draft)
    db.session.flush()
    require_allowed(draft, by=by, now=now)
    return drafts.show_draft(draft.id, visible_to=by)


def revise_draft(
    draft_id: str,
    *,
    rule: Rule,
    is_retired: bool,
    effective_from: datetime | None,
    reason: str,
    expected: int,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Let a draft say something else, upon the policy as it stands now.

    :raises NotYourDraft: if somebody else wrote it
    :raises StaleVersion: if it changed since its author read it
    :raises DraftSettled: if it was approved or discarded
    :raises PolicyOutOfReach: if it is legal and the actor no administrator
    :raises LegalPolicyLoosened: if it would allow what the law does not
    :raises PolicyLoosensTooMuch: if the broader one does not let it go so far
    :raises EffectiveInPast: if it should apply before now
    :raises NotFound: if there is no such draft, or none that the actor may see
    """
    draft = drafts.get_draft(draft_id, visible_to=by)
    if draft.author_id != by.id:
        raise NotYourDraft(author_id=draft.author_id)
    content = {"is_retired": is_retired, "effective_from": effective_from, "reason": reason}
    document = _as_stored(_identified(rule, draft))
    require_version(draft, expected=expected, wanted={**content, "rule": document})
    draft.revise(rule=document, base_number=newest_number(draft.policy_id), **content)
    return _keep(draft, by=by, now=now)


def discard_draft(
    draft_id: str, *, reason: str, expected: int | None, by: Actor, now: datetime
) -> dict[str, Any]:
    """Let a draft be. An administrator may do so for somebody who left.

    :raises NotYourDraft: if somebody else wrote it
    :raises StaleVersion: if it changed since it was read
    :raises DraftSettled: if it was approved, or discarded for another reason
    :raises NotFound: if there is no such draft, or none that the actor may see
    """
    draft = drafts.get_draft(draft_id, visible_to=by)
    if by.id != draft.author_id and by.role is not Role.ADMIN:
        raise NotYourDraft(author_id=draft.author_id)
    if draft.state is not DraftState.DISCARDED or draft.settled_because != reason:
        if expected is not None:
            require_version(draft, expected=expected, wanted={})
        draft.settle(DraftState.DISCARDED, because=reason, by_id=by.id, at=now)
        db.session.flush()
    return drafts.show_draft(draft.id, visible_to=by)
