"""When a refusal is the same as the one before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from crm_api.contact_frequency.values import Decision, Reason


def digest_of(refusal: Decision) -> str:
    """Return a digest of what stands in the way: by which policy, for whom, what, until when.

    What was asked, and when, is left out: asked again, a refusal is the same as long as nothing
    that it rests on has changed.
    """
    reasons = sorted(_line(reason) for reason in refusal.reasons if reason.blocks)
    return hashlib.sha256(b"\n".join(reasons)).hexdigest()


def _line(reason: Reason) -> bytes:
    policy = (reason.policy_key, reason.policy_version)
    counted = [slot.slot_id for slot in reason.counted]
    whom = (reason.subject_kind, reason.subject_id)
    return orjson.dumps([reason.code, policy, whom, counted, reason.forbidden_until])
