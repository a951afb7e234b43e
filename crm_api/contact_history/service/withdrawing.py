"""Take back an entry of a contact that never happened: one asks, a manager decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_history import queries
from crm_api.contact_history.errors import SecondPersonNeeded, WithdrawalPending
from crm_api.contact_history.models import Withdrawal
from crm_api.contact_history.service.chains import (
    Text,
    append_entry,
    lock_history,
    recount_facts,
    restate,
)
from crm_api.contact_history.terms import EntryKind, WithdrawalStatus
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_history.models import Contact

WITHDRAWN = "withdrawn"


def request_withdrawal(
    contact_id: str, *, reason: str, by: Actor, now: datetime, id: str | None = None
) -> Withdrawal:
    """Ask that an entry be taken back because the contact never happened.

    :raises NoLongerStands: if a later entry replaced it already
    :raises WithdrawalPending: if somebody asked before
    """
    contact = queries.get_contact(contact_id, visible_to=by)
    lock_history(contact.customer_id)
    if asked := _find_asked(id, contact_id=contact_id, reason=reason):
        return asked
    queries.require_standing(contact)
    if waiting := queries.find_open_withdrawal(contact_id):
        raise WithdrawalPending(withdrawal_id=waiting.id)
    withdrawal = Withdrawal(
        id=id or new_id(),
        contact_id=contact_id,
        customer_id=contact.customer_id,
        reason=reason,
        requested_by_id=by.id,
        created_at=now,
    )
    db.session.add(withdrawal)
    db.session.flush()
    return withdrawal


def _find_asked(id: str | None, *, contact_id: str, reason: str) -> Withdrawal | None:
    asked = db.session.get(Withdrawal, id) if id is not None else None
    if asked is not None and (asked.contact_id, asked.reason) != (contact_id, reason):
        raise IdTaken
    return asked


def approve_withdrawal(withdrawal_id: str, *, note: str, by: Actor, now: datetime) -> Withdrawal:
    """Agree that the contact never happened; only this gives its slot back.

    :raises SecondPersonNeeded: if the same person asked for it
    :raises AlreadyDecided: if it was declined before
    :raises NoLongerStands: if a later entry replaced it meanwhile
    """
    withdrawal = queries.get_withdrawal(withdrawal_id, visible_to=by)
    if _is_repeat(withdrawal, WithdrawalStatus.APPROVED, note=note, by=by):
        return withdrawal
    _require_second_person(withdrawal, by=by)
    contact = queries.get_contact(withdrawal.contact_id, visible_to=by)
    _give_slot_back(contact)
    withdrawal.decide(WithdrawalStatus.APPROVED, by_id=by.id, at=now, note=note)
    history = lock_history(contact.customer_id)
    queries.require_standing(contact)
    entry = restate(contact, id=new_id(), kind=EntryKind.WITHDRAWAL, by_id=by.id, now=now)
    append_entry(entry, text=Text(summary="", with_whom="", reason=withdrawal.reason))
    recount_facts(history)
    return withdrawal


def decline_withdrawal(withdrawal_id: str, *, note: str, by: Actor, now: datetime) -> Withdrawal:
    """Find that the contact did happen; its entry stays as it is.

    :raises SecondPersonNeeded: if the same person asked for it
    :raises AlreadyDecided: if it was approved before
    """
    withdrawal = queries.get_withdrawal(withdrawal_id, visible_to=by)
    if not _is_repeat(withdrawal, WithdrawalStatus.DECLINED, note=note, by=by):
        _require_second_person(withdrawal, by=by)
        withdrawal.decide(WithdrawalStatus.DECLINED, by_id=by.id, at=now, note=note)
        db.session.flush()
    return withdrawal


def _is_repeat(withdrawal: Withdrawal, status: WithdrawalStatus, *, note: str, by: Actor) -> bool:
    decided = (withdrawal.status, withdrawal.note, withdrawal.decided_by_id)
    return decided == (status, note, by.id)


def _require_second_person(withdrawal: Withdrawal, *, by: Actor) -> None:
    withdrawal.require_open()
    if withdrawal.requested_by_id == by.id:
        raise SecondPersonNeeded


def _give_slot_back(contact: Contact) -> None:
    # One visit may have been several customers' contact; for the others it did happen.
    if contact.slot_id is not None and not queries.is_slot_shared(contact):
        contact_frequency.withdraw_slot(contact.slot_id, reason=WITHDRAWN)
