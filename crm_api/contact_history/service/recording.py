"""Record that a contact happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history import policies, queries
from crm_api.contact_history.errors import NotYetHappened
from crm_api.contact_history.service.chains import Text, append_entry
from crm_api.contact_history.terms import Direction, EntryKind
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.contact_history.models import Contact
    from crm_api.contact_history.values import NewContact

SAME = ("customer_id", "occurred_at", "channel", "direction", "category", "purpose", "outcome")


def record_contact(
    entry: NewContact, *, by_id: str | None, now: datetime, slot_id: str | None = None
) -> Contact:
    """Add a contact to its customer's history.

    With `slot_id` the caller has settled the slot; without, the governor learns of it here. A
    fact is never refused. What is told twice, by id or by source, is kept once.

    :raises NotYetHappened: if it lies more than five minutes ahead
    :raises IdTaken: if the id belongs to another contact
    """
    if not policies.is_past(entry.occurred_at, now=now):
        raise NotYetHappened(latest=policies.latest_moment(now))
    if told := _find_told(entry):
        return told
    with db.session.begin_nested() as attempt:
        contact_id = entry.id or new_id()
        slot_id = slot_id or _settle(entry, contact_id, by_id=by_id, now=now)
        # Settling waited for the customer's lock: a competitor may have told the same meanwhile.
        if told := _find_told(entry):
            attempt.rollback()
            return told
        return append_entry(
            _entry(entry, contact_id, by_id=by_id, now=now, slot_id=slot_id),
            text=Text(summary=entry.summary, with_whom=entry.with_whom),
        )


def _find_told(entry: NewContact) -> Contact | None:
    told = queries.find_told(entry)
    if told is not None and entry.id is not None and not is_same(told, entry):
        raise IdTaken
    return told


def is_same(told: Contact, entry: NewContact) -> bool:
    """Tell whether an entry of the history and what is told now are one and the same."""
    words = (told.text.summary, told.text.with_whom)
    return (
        told.kind is EntryKind.CONTACT
        and all(getattr(told, name) == getattr(entry, name) for name in SAME)
        and (told.text.erased_at is not None or words == (entry.summary, entry.with_whom))
    )


def _settle(entry: NewContact, contact_id: str, *, by_id: str | None, now: datetime) -> str:
    fact = Plan(
        customer_id=entry.customer_id,
        channel=entry.channel,
        category=entry.category,
        at=entry.occurred_at,
        endpoint=entry.endpoint,
        visit_id=entry.visit_id,
        source=entry.source or f"contact:{contact_id}",
        begun_by_customer=entry.begun_by_customer or entry.direction is Direction.INBOUND,
    )
    slot = contact_frequency.record_fact(
        fact,
        occurred_at=entry.occurred_at,
        recorded_at=now,
        outcome=entry.outcome,
        by_id=by_id,
    )
    return slot.id


def _entry(
    entry: NewContact, contact_id: str, *, by_id: str | None, now: datetime, slot_id: str | None
) -> dict[str, Any]:
    return {
        "id": contact_id,
        "customer_id": entry.customer_id,
        "kind": EntryKind.CONTACT,
        "corrects_id": None,
        "occurred_at": entry.occurred_at,
        "recorded_at": now,
        "channel": entry.channel,
        "direction": entry.direction,
        "category": entry.category,
        "purpose": entry.purpose,
        "outcome": entry.outcome,
        "is_begun_by_customer": entry.begun_by_customer,
        "is_late": policies.is_late(occurred_at=entry.occurred_at, recorded_at=now),
        "has_overrun": slot_id is not None and queries.has_overrun(slot_id),
        "by_id": by_id,
        "source": entry.source,
        "visit_id": entry.visit_id,
        "slot_id": slot_id,
    }
