"""Put an entry right: by a further entry, never by an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_history import queries
from crm_api.contact_history.errors import NothingCorrected, WithdrawalPending
from crm_api.contact_history.service.chains import (
    Text,
    append_entry,
    lock_history,
    recount_facts,
    restate,
)
from crm_api.contact_history.terms import EntryKind
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_history.models import Contact


def correct_contact(
    contact_id: str,
    *,
    reason: str,
    by: Actor,
    now: datetime,
    id: str | None = None,
    **changes: Any,
) -> Contact:
    """Add an entry that tells how it really was.

    When, how and what for are not corrected, because caps count them: such an entry is
    withdrawn, which a manager approves, and told anew. Another outcome is counted as such.

    :raises NoLongerStands: if a later entry replaced it already
    :raises WithdrawalPending: if a manager is to decide whether it happened at all
    :raises NothingCorrected: if nothing differs
    """
    contact = queries.get_contact(contact_id, visible_to=by)
    slot_id = _slot_to_recount(contact, changes)
    if slot_id is not None:
        contact_frequency.lock_slots([slot_id])  # subjects come before the chain
    history = lock_history(contact.customer_id)
    if told := _find_told(contact, id, reason=reason, changes=changes):
        return queries.get_contact(told.id, visible_to=by)
    _require_correctable(contact)
    before = _told(contact)
    after = {**before, **changes}
    if after == before:
        raise NothingCorrected
    entry = restate(contact, id=id or new_id(), kind=EntryKind.CORRECTION, by_id=by.id, now=now)
    if slot_id is not None:
        contact_frequency.recount_slot(slot_id, outcome=after["outcome"])
        entry["has_overrun"] = queries.has_overrun(slot_id)
    words = {name: after.pop(name) for name in ("summary", "with_whom")}
    correction = append_entry({**entry, **after}, text=Text(reason=reason, **words))
    recount_facts(history)
    return queries.get_contact(correction.id, visible_to=by)


def _slot_to_recount(contact: Contact, changes: dict[str, Any]) -> str | None:
    """Return the slot that counts by an outcome which changes; others may share a visit's."""
    if changes.get("outcome", contact.outcome) == contact.outcome or contact.slot_id is None:
        return None
    return None if queries.is_slot_shared(contact) else contact.slot_id


def _told(contact: Contact) -> dict[str, Any]:
    return {
        "purpose": contact.purpose,
        "outcome": contact.outcome,
        "summary": contact.text.summary,
        "with_whom": contact.text.with_whom,
    }


def _find_told(
    contact: Contact, id: str | None, *, reason: str, changes: dict[str, Any]
) -> Contact | None:
    told = queries.find_entry(id) if id is not None else None
    if told is None:
        return None
    same = told.corrects_id == contact.id and told.text.reason == reason
    if not same or {**_told(told), **changes} != _told(told):
        raise IdTaken
    return told


def _require_correctable(contact: Contact) -> None:
    queries.require_standing(contact)
    if waiting := queries.find_open_withdrawal(contact.id):
        raise WithdrawalPending(withdrawal_id=waiting.id)
