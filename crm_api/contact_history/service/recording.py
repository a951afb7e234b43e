"""Record that a contact happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.values import Plan
from crm_api.contact_history import policies, queries
from crm_api.contact_history.errors import NotYetHappened
from crm_api.contact_history.service.chains import Text, append_entries
from crm_api.contact_history.terms import Direction, EntryKind
from crm_api.customers import locks
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.contact_history.models import Contact
    from crm_api.contact_history.values import NewContact

SAME = ("customer_id", "occurred_at", "channel", "direction", "category", "purpose", "outcome")


def record_contact(
    entry: NewContact, *, by_id: str | None, now: datetime, slot_id: str | None = None
) -> Contact:
    """Add a contact to its customer's history: the bulk of one."""
    [contact] = record_contacts([entry], by_id=by_id, now=now, slot_ids=[slot_id])
    return contact


def record_contacts(
    entries: Sequence[NewContact],
    *,
    by_id: str | None,
    now: datetime,
    slot_ids: Sequence[str | None],
) -> list[Contact]:
    """Add contacts to their customers' histories.

    Where the caller has settled a contact's slot, `slot_ids` names it; where it says None, the
    governor learns of the contact here, and whoever tells of several such has locked all of their
    subjects. A fact is never refused. What is told twice, by id or by source, is kept once.
    With their slots settled, any number of contacts takes the same few statements.

    :raises NotYetHappened: if one lies more than five minutes ahead
    :raises IdTaken: if an id belongs to another contact
    """
    if not all(policies.is_past(entry.occurred_at, now=now) for entry in entries):
        raise NotYetHappened(latest=policies.latest_moment(now))
    told = _find_told(entries)
    new = [
        (entry, slot_id)
        for entry, slot_id, known in zip(entries, slot_ids, told, strict=True)
        if known is None
    ]
    if locks.are_held({entry.customer_id for entry in entries}):  # nobody tells the same meanwhile
        added = iter(append_entries(_settled(new, by_id=by_id, now=now)))
        return [known or next(added) for known in told]
    with db.session.begin_nested() as attempt:
        rows = _settled(new, by_id=by_id, now=now)
        if not any(_find_told([entry for entry, _slot_id in new])):
            added = iter(append_entries(rows))
            return [known or next(added) for known in told]
        attempt.rollback()
    # Settling waited for the customers' locks: a competitor told one of the same meanwhile.
    return record_contacts(entries, by_id=by_id, now=now, slot_ids=slot_ids)


def _find_told(entries: Sequence[NewContact]) -> list[Contact | None]:
    told = queries.find_all_told(entries)
    for known, entry in zip(told, entries, strict=True):
        if known is not None and entry.id is not None and not is_same(known, entry):
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


def _settled(
    new: Sequence[tuple[NewContact, str | None]], *, by_id: str | None, now: datetime
) -> list[tuple[dict[str, Any], Text]]:
    settled = []
    for entry, slot_id in new:
        contact_id = entry.id or new_id()
        settled_id = slot_id or _settle(entry, contact_id, by_id=by_id, now=now)
        settled.append((entry, {"id": contact_id, "slot_id": settled_id}))
    broke = queries.overrunning({ids["slot_id"] for _, ids in settled})
    return [
        (
            {**_entry(entry, by_id=by_id, now=now), **ids, "has_overrun": ids["slot_id"] in broke},
            Text(summary=entry.summary, with_whom=entry.with_whom),
        )
        for entry, ids in settled
    ]


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


def _entry(entry: NewContact, *, by_id: str | None, now: datetime) -> dict[str, Any]:
    return {
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
        "by_id": by_id,
        "source": entry.source,
        "visit_id": entry.visit_id,
    }
