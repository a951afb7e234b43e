"""Ask for an erasure, and settle it: two persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.calendars import service as calendars
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.privacy.errors import ErasureBlocked, ErasureOpen, NeedsSecondPerson
from crm_api.privacy.models import CustomerErasure
from crm_api.privacy.policies.days import require_days
from crm_api.privacy.queries import erasures as queries
from crm_api.privacy.service.erasing import erase
from crm_api.privacy.service.locking import lock_whom_it_touches
from crm_api.privacy.terms import ErasureStatus

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor


def request_erasure(
    customer_id: str,
    *,
    reason: str,
    by: Actor,
    now: datetime,
    asked_on: date | None = None,
    erase_on: date | None = None,
) -> CustomerErasure:
    """Ask that a customer be erased, today or on a day to come. Another person must agree.

    :raises NotFound: if the actor may not see the customer
    :raises ErasureOpen: if somebody asked for it already
    :raises Invalid: if the days are not as they must be
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = customers.get_customer(customer_id, visible_to=by)
    today = calendars.local_day(now)
    asked_on, erase_on = asked_on or today, erase_on or today
    require_days(asked_on=asked_on, erase_on=erase_on, today=today)
    known = queries.find_open_erasure(customer_id)
    if known is not None:
        raise ErasureOpen(erasure_id=known.id)
    erasure = CustomerErasure(
        customer_id=customer_id,
        team_id=customer.team_id,
        reason=reason,
        asked_on=asked_on,
        erase_on=erase_on,
        requested_by_id=by.id,
        created_at=now,
    )
    db.session.add(erasure)
    db.session.flush()
    _note("requested", erasure, by=by, now=now)
    return erasure


def approve_erasure(erasure_id: str, *, note: str, by: Actor, now: datetime) -> CustomerErasure:
    """Agree that a customer be erased; where its day has come, it is done at once.

    :raises NotFound: if the actor may not see the request
    :raises NeedsSecondPerson: if the actor asked for it
    :raises ErasureDecided: if it was settled otherwise
    :raises ErasureBlocked: if something is open with the customer, and its day has come
    """
    erasure = _lock_and_get(erasure_id, by=by)
    if erasure.requested_by_id == by.id:
        raise NeedsSecondPerson
    if erasure.decided_by_id == by.id and erasure.status in (
        ErasureStatus.APPROVED,
        ErasureStatus.ERASED,
    ):
        return erasure
    erasure.decide(ErasureStatus.APPROVED, by_id=by.id, at=now, note=note)
    _note("approved", erasure, by=by, now=now)
    if erasure.erase_on <= calendars.local_day(now):
        if blockers := queries.find_blockers(erasure.customer_id):
            raise ErasureBlocked(blocked_by=blockers)
        erase(erasure, now=now)
    db.session.flush()
    return erasure


def refuse_erasure(erasure_id: str, *, note: str, by: Actor, now: datetime) -> CustomerErasure:
    """Decline to erase a customer, with the reason: a law that has us keep the data.

    :raises NotFound: if the actor may not see the request
    :raises NeedsSecondPerson: if the actor asked for it; who asked withdraws
    :raises ErasureDecided: if it was settled otherwise
    """
    erasure = _lock_and_get(erasure_id, by=by)
    if erasure.requested_by_id == by.id:
        raise NeedsSecondPerson
    if erasure.status is ErasureStatus.REFUSED and erasure.decided_by_id == by.id:
        return erasure
    erasure.decide(ErasureStatus.REFUSED, by_id=by.id, at=now, note=note)
    _note("refused", erasure, by=by, now=now)
    db.session.flush()
    return erasure


def withdraw_erasure(erasure_id: str, *, note: str, by: Actor, now: datetime) -> CustomerErasure:
    """Take a request back while nothing is erased: the customer thought better of it.

    :raises NotFound: if the actor may not see the request
    :raises ErasureDecided: if it was refused, or is carried out
    """
    erasure = _lock_and_get(erasure_id, by=by)
    if erasure.status is ErasureStatus.WITHDRAWN and erasure.decided_by_id == by.id:
        return erasure
    erasure.withdraw(by_id=by.id, at=now, note=note)
    _note("withdrawn", erasure, by=by, now=now)
    db.session.flush()
    return erasure


def _lock_and_get(erasure_id: str, *, by: Actor) -> CustomerErasure:
    """Lock all whom an erasure touches, then read it as it is."""
    found = queries.get_erasure(erasure_id, visible_to=by)
    lock_whom_it_touches(found.customer_id)
    return queries.get_erasure(erasure_id, visible_to=by)


def _note(what: str, erasure: CustomerErasure, *, by: Actor, now: datetime) -> None:
    audit.record(
        f"customer.erasure_{what}",
        by_id=by.id,
        at=now,
        subject_kind="customer_erasure",
        subject_id=erasure.id,
        details={"customer_id": erasure.customer_id, "erase_on": erasure.erase_on.isoformat()},
    )
