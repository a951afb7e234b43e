"""Who wins a slot: one total order over all contacts, whoever asks first.

A contact's claim is a text of fixed width, so that it is compared as it is stored, by every reader
alike. Of two contacts the one with the smaller (claim, id) wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.policies import moments
from crm_api.contact_frequency.terms import ContactClass, ReasonCode
from crm_api.customers.terms import Category

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_frequency.policies.facts import Facts, SlotFact
    from crm_api.contact_frequency.values import Decision, Plan

_BY_CATEGORY = {
    Category.STATUTORY: ContactClass.STATUTORY,
    Category.COMPLAINT: ContactClass.COMPLAINT,
    Category.PAYMENT: ContactClass.PAYMENT,
    Category.MARKETING: ContactClass.MARKETING,
}
_DIGITS = 18  # microseconds until far beyond the year 9999
_NEVER = 10**_DIGITS - 1
_NOT_MADE_YET = "~"  # behind every id


def class_of(
    category: Category, *, occasion_class: int | None, is_agreed: bool
) -> ContactClass | int:
    """Return the class in which a contact competes.

    What offers something is marketing, whatever day it is sent for; what the customer agreed to
    is an appointment; and the rest of service and care is following up.
    """
    if category in _BY_CATEGORY:
        return _BY_CATEGORY[category]
    if occasion_class is not None:
        return occasion_class
    return ContactClass.APPOINTMENT if is_agreed else ContactClass.FOLLOW_UP


def claim(
    category: Category,
    *,
    occasion_class: int | None,
    occasion_rank: int,
    is_agreed: bool,
    not_after: datetime | None,
    made_at: datetime,
) -> str:
    """Return what a contact brings forward for itself, the strongest point first.

    Its class, the rank of its occasion, whether it is agreed, its last moment, when it was made.
    """
    standing = class_of(category, occasion_class=occasion_class, is_agreed=is_agreed)
    last = _NEVER if not_after is None else moments.micros(not_after)
    points = (
        f"{int(standing):02}",
        f"{occasion_rank:04}",
        f"{int(not is_agreed)}",
        f"{last:0{_DIGITS}}",
        f"{moments.micros(made_at):0{_DIGITS}}",
    )
    return ".".join(points)


def claim_of(plan: Plan, *, now: datetime) -> str:
    """Return a plan's claim; one that is not in the ledger yet is made now."""
    return claim(
        plan.category,
        occasion_class=plan.occasion_class,
        occasion_rank=plan.occasion_rank,
        is_agreed=plan.is_agreed,
        not_after=plan.not_after,
        made_at=plan.made_at or now,
    )


def find_weaker(plan: Plan, facts: Facts, *, now: datetime) -> list[SlotFact]:
    """Return the held slots that lose to a plan, the strongest of them first.

    What has happened asks for nothing, and wins nothing.
    """
    held = _held(facts)
    if not held or facts.has_happened:
        return []
    own = claim_of(plan, now=now), facts.own_slot or _NOT_MADE_YET
    weaker = [(s.claim or "", slot_id, s) for slot_id, s in held.items() if slot_id != own[1]]
    return [slot for their, slot_id, slot in sorted(weaker, key=_order) if own < (their, slot_id)]


def said_by(decision: Decision) -> str | None:
    """Return the greeting that says what a refused one would have said on that day.

    None where something else stands against it too: then there is more to it than one message.
    """
    blocking = [reason for reason in decision.reasons if reason.blocks]
    if any(not reason.counted for reason in blocking):
        return None
    greetings = [r for r in blocking if r.code is ReasonCode.GREETED_THAT_DAY]
    return greetings[0].counted[0].slot_id if greetings else None


def _order(line: tuple[str, str, SlotFact]) -> tuple[str, str]:
    return line[:2]


def _held(facts: Facts) -> dict[str, SlotFact]:
    found = {s.slot_id: s for p in facts.persons for s in p.slots if s.claim is not None}
    if facts.endpoint is not None:
        found |= {s.slot_id: s for s in facts.endpoint.slots if s.claim is not None}
    return found
