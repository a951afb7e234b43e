"""Give a stored decision again from its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.models import DecisionFrame
from crm_api.contact_frequency.policies import decide, frame_from, read_facts
from crm_api.kit.db import db

if TYPE_CHECKING:
    from crm_api.contact_frequency.models import StoredDecision


def replay(decision: StoredDecision) -> bytes:
    """Return the trace that a decision's facts give: the same bytes as when it was made."""
    frame = db.session.get_one(DecisionFrame, decision.frame_digest)
    plan, facts, now = read_facts(decision.facts)
    return decide(plan, facts, frame_from(frame.content), now).trace
