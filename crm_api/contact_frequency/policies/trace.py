"""Decisions and what they rest on, as canonical bytes: the same input gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from crm_api.contact_frequency.policies import facts as fact_documents
from crm_api.contact_frequency.terms import ContactClass
from crm_api.contact_frequency.values import Plan
from crm_api.customers.terms import Category, Channel

if TYPE_CHECKING:
    from crm_api.contact_frequency.policies.facts import Facts
    from crm_api.contact_frequency.values import ChannelMoment, CountedSlot, Decision, Loser, Reason

CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
_SHOWN_DIGITS = 4
_SOMEBODY = "<customer>"


def mask_number(number: str) -> str:
    """Name a phone number so that nobody can call it."""
    return "*" * max(len(number) - _SHOWN_DIGITS, 0) + number[-_SHOWN_DIGITS:]


def write_trace(decision: Decision) -> bytes:
    """Write a decision with all its reasons."""
    plan = decision.plan
    return orjson.dumps(
        {
            **_override(decision),
            **_losers(decision),
            "verdict": decision.verdict,
            "customer_id": plan.customer_id,
            "channel": plan.channel,
            "category": plan.category,
            "asked_at": plan.at,
            "judged_at": decision.judged_at,
            "reasons": [_reason(r, n == decision.binding) for n, r in enumerate(decision.reasons)],
            "exceeds": [_reason(reason, is_binding=False) for reason in decision.exceeded],
            "next_allowed_at": decision.next_allowed_at,
            "no_next_because": decision.no_next_because,
            "earlier_alternative_at": decision.earlier_alternative_at,
            "other_channels": [_channel(moment) for moment in decision.other_channels],
            "may_be_overridden_by": list(decision.overridable_by),
        },
        option=CANONICAL,
    )


def write_around_customer(decision: Decision) -> tuple[bytes, bytes]:
    """Write what a plain decision's trace says before and after the customer's id.

    Of contacts at one moment many say the same but for that.
    """
    somebody = replace(decision, plan=replace(decision.plan, customer_id=_SOMEBODY))
    before, after = write_trace(somebody).split(orjson.dumps(_SOMEBODY))
    return before, after


def _override(decision: Decision) -> dict[str, Any]:
    override = decision.override
    if override is None:
        return {}
    persons = {
        "id": override.id,
        "asked_by_id": override.asked_by,
        "approved_by_id": override.approved_by,
    }
    beyond = [_reason(reason, is_binding=False) for reason in decision.overridden]
    return {"override": persons, "overridden": beyond}


def _reason(reason: Reason, is_binding: bool) -> dict[str, Any]:  # noqa: FBT001 - one flag of a row
    return {
        "code": reason.code,
        "strength": reason.strength,
        "is_binding": is_binding,
        "message": reason.message,
        "message_zh": reason.message_zh,
        "subject": {"kind": reason.subject_kind, "id": reason.subject_id},
        "policy_key": reason.policy_key,
        "policy_version": reason.policy_version,
        "limit": reason.limit,
        "counted": [_counted(slot) for slot in reason.counted],
        "forbidden_from": reason.forbidden_from,
        "forbidden_until": reason.forbidden_until,
        "overridable_by": list(reason.overridable_by),
    }


def _counted(slot: CountedSlot) -> dict[str, Any]:
    return {
        "slot_id": slot.slot_id,
        "channel": slot.channel,
        "category": slot.category,
        "at": slot.at,
    }


def _losers(decision: Decision) -> dict[str, Any]:
    """Say who gives way. Where nobody does it is left out: older traces stay as they are."""
    return {"gives_way": [_loser(loser) for loser in decision.losers]} if decision.losers else {}


def _loser(loser: Loser) -> dict[str, Any]:
    return {**_counted(loser.slot), "becomes": loser.becomes}


def _channel(moment: ChannelMoment) -> dict[str, Any]:
    return {"channel": moment.channel, "next_allowed_at": moment.next_allowed_at}


def write_facts(plan: Plan, facts: Facts, now: datetime) -> bytes:
    """Write what a decision rests on; the policies are named by their frame's digest."""
    document = {
        "plan": {
            "customer_id": plan.customer_id,
            "channel": plan.channel,
            "category": plan.category,
            "at": plan.at,
            "also_customer_ids": plan.also_customer_ids,
            "visit_id": plan.visit_id,
            "occurrence": plan.occurrence,
            "not_after": plan.not_after,
            "source": plan.source,
            "is_agreed": plan.is_agreed,
            **_line(plan),
        },
        "now": now,
        "facts": fact_documents.to_document(facts),
    }
    return orjson.dumps(document, option=CANONICAL)


def _line(plan: Plan) -> dict[str, Any]:
    """Return where a plan stands in line, as far as its category does not say it."""
    line: dict[str, Any] = {}
    if plan.occasion_class is not None:
        line |= {"occasion_class": plan.occasion_class, "occasion_rank": plan.occasion_rank}
    if plan.made_at is not None:
        line["made_at"] = plan.made_at
    return line


def read_facts(content: bytes) -> tuple[Plan, Facts, datetime]:
    """Read back what a decision rested on."""
    document = orjson.loads(content)
    stored = document["plan"]
    plan = Plan(
        **{
            **stored,
            "channel": Channel(stored["channel"]),
            "category": Category(stored["category"]),
            "at": datetime.fromisoformat(stored["at"]),
            "also_customer_ids": tuple(stored["also_customer_ids"]),
            "not_after": _moment(stored["not_after"]),
            "occasion_class": _class(stored.get("occasion_class")),
            "made_at": _moment(stored.get("made_at")),
        }
    )
    now = datetime.fromisoformat(document["now"])
    return plan, fact_documents.from_document(document["facts"]), now


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)


def _class(stored: int | None) -> ContactClass | None:
    return None if stored is None else ContactClass(stored)
