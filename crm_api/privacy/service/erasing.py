"""Forget a customer: text and personal data go, facts and figures stay, and the chain holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts.actors import Actor
from crm_api.accounts.models import Staff, Team
from crm_api.attachments.service.discarding import drop as drop_files
from crm_api.audit import service as audit
from crm_api.care.gateway.service.forgetting import forget_replies
from crm_api.care.models import LOST
from crm_api.care.queries.messages import lock_waiting
from crm_api.care.queries.together import find_speakers
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.service.forgetting import forget_numbers
from crm_api.customers import queries as customers
from crm_api.customers.imports.service.forgetting import forget_rejects
from crm_api.customers.models import Customer, Phone
from crm_api.customers.service import persons
from crm_api.customers.service.tiers import settle_followers
from crm_api.kit.db import db
from crm_api.kit.idempotency import KEPT as ANSWERS_KEPT
from crm_api.kit.idempotency import forget_answers_about
from crm_api.privacy.queries import erasures as queries
from crm_api.privacy.queries import held
from crm_api.privacy.service.forgetting import empty_briefs_naming, forget_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.privacy.models import CustomerErasure

ERASED = "customer_erased"


def erase(erasure: CustomerErasure, *, now: datetime) -> None:
    """Carry out an erasure that nothing blocks. All whom it touches are locked by the caller.

    :raises ErasureDecided: unless two persons agreed, and it was not done before
    """
    ids, by = customers.ids_of(erasure.customer_id), _approver(erasure)
    followers = [f for one in ids for f in customers.great_key_person_ids(one)]
    together = [one for of in customers.same_person_ids(ids).values() for one in of]
    erasure.carry_out(at=now)
    db.session.flush()  # from here on the append-only tables let it in
    _stop_messages(ids, now=now)
    _forget_elsewhere(ids, erasure_id=erasure.id, now=now)
    db.session.flush()
    files = queries.files_of(ids)
    rows = forget_rows(ids, now=now)
    db.session.expire_all()
    drop_files(files, now=now)
    persons.regroup(together)
    settle_followers(followers, reason="the group was erased", by=by, now=now)
    audit.record(
        "customer.erased",
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=erasure.customer_id,
        details={"erasure_id": erasure.id, "rows": rows},
    )


def _approver(erasure: CustomerErasure) -> Actor:
    statement = sa.select(Staff, Team.path).join(Team, Team.id == Staff.team_id)
    row = db.session.execute(statement.where(Staff.id == erasure.decided_by_id)).one()
    staff: Staff = row[0]
    return Actor(
        id=staff.id, name=staff.name, role=staff.role, team_id=staff.team_id, team_path=row[1]
    )


def _stop_messages(customer_ids: Sequence[str], *, now: datetime) -> None:
    """Cancel what would still be sent, and what says it to somebody else besides."""
    messages = queries.messages_to_stop(customer_ids)
    for speaker in lock_waiting([row.id for row in find_speakers([m.id for m in messages])]):
        if speaker.customer_id not in customer_ids:
            outbox.withdraw(speaker, outbox.SAYS_IT, at=now)
    for message in messages:
        db.session.refresh(message, with_for_update=True)
        has_slot = message.state not in LOST
        outbox.move(message, MessageState.CANCELLED, at=now, reason=ERASED)
        if has_slot:
            contact_frequency.release_slot(message.slot_id, reason=ERASED)


def _forget_elsewhere(customer_ids: Sequence[str], *, erasure_id: str, now: datetime) -> None:
    """Have each package forget by a rule of its own what no table can say of itself."""
    numbers = _numbers_of(customer_ids)
    forget_rejects(customer_ids, known_by=numbers | _accounts_of(customer_ids))
    forget_numbers(customer_ids, still_used=_of_others(numbers, customer_ids))
    forget_replies(customer_ids)
    empty_briefs_naming(customer_ids)
    for record_id in (*customer_ids, *queries.told_since(now - ANSWERS_KEPT, customer_ids)):
        forget_answers_about(record_id)
    for about in held.records_of(customer_ids):
        audit.forget_details(about, erasure_id=erasure_id)


def _numbers_of(customer_ids: Sequence[str]) -> set[str]:
    """Return their numbers, and those that rang for them and are theirs no more."""
    written = sa.select(Phone.number).where(Phone.customer_id.in_(customer_ids))
    rung = sa.select(Slot.endpoint).where(Slot.customer_id.in_(customer_ids))
    return set(db.session.scalars(written.union(rung.where(Slot.endpoint.is_not(None)))))


def _accounts_of(customer_ids: Sequence[str]) -> set[str]:
    statement = sa.select(Customer.account_no).where(Customer.id.in_(customer_ids))
    return {number for number in db.session.scalars(statement) if number}


def _of_others(numbers: set[str], customer_ids: Sequence[str]) -> set[str]:
    statement = sa.select(Phone.number).where(
        Phone.number.in_(sorted(numbers)), Phone.customer_id.not_in(customer_ids)
    )
    return set(db.session.scalars(statement))
