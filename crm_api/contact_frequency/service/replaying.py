"""Give a stored decision again from its facts, and tell it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.contact_frequency.models import DecisionFrame
from crm_api.contact_frequency.policies import decide, frame_from, read_facts
from crm_api.contact_frequency.policies.explaining import explain
from crm_api.contact_frequency.queries import explaining, lists
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import StoredDecision
    from crm_api.contact_frequency.policies import PolicyFrame
    from crm_api.contact_frequency.policies.phrases import Both

FRAMES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Whether a decision's facts still give the trace that was stored, byte by byte."""

    decision_id: str
    is_same: bool
    stored_digest: str
    replayed_digest: str


def replay(decision: StoredDecision) -> bytes:
    """Return the trace that a decision's facts give: the same bytes as when it was made."""
    frame = db.session.get_one(DecisionFrame, decision.frame_digest)
    plan, facts, now = read_facts(decision.facts)
    return decide(plan, facts, _frame(frame.content), now).trace


@lru_cache(maxsize=FRAMES)
def _frame(content: bytes) -> PolicyFrame:
    return frame_from(content)


def check_replay(decision_id: str, *, visible_to: Actor) -> Replay:
    """Replay a decision, and compare.

    :raises NotFound: if there is none, or the actor may not see its customer
    """
    decision = lists.get_decision(decision_id, visible_to=visible_to)
    replayed = replay(decision)
    return Replay(
        decision_id=decision.id,
        is_same=replayed == decision.trace,
        stored_digest=hashlib.sha256(decision.trace).hexdigest(),
        replayed_digest=hashlib.sha256(replayed).hexdigest(),
    )


def explain_decisions(target: str | None, *, customer_id: str | None) -> list[list[Both]]:
    """Tell a decision, all decisions of a slot, or the last of a customer, each in its lines.

    :raises NotFound: if there is neither such a decision, nor such a slot or customer with any
    """
    decisions = explaining.decisions_of(target, customer_id=customer_id)
    if not decisions:
        raise NotFound("decision, slot or customer")
    return [_explain(decision) for decision in decisions]


def _explain(decision: StoredDecision) -> list[Both]:
    return explain(
        decision.document,
        decision_id=decision.id,
        kind=decision.kind,
        is_same=replay(decision) == decision.trace,
        zone=config.current().zone,
    )
