"""Show what is masked: for a reason that stays on record, and for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Staff
from crm_api.audit import service as audit
from crm_api.calendars import service as calendars
from crm_api.customers import queries as customers
from crm_api.customers.reveals import queries
from crm_api.customers.reveals.errors import NothingToReveal, RevealExpired, RevealQuotaSpent
from crm_api.customers.reveals.models import Reveal
from crm_api.customers.terms import RevealField
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A number in full, and until when it may be read again."""

    id: str
    field: RevealField
    value: str
    expires_at: datetime


def reveal(
    customer_id: str,
    *,
    field: RevealField,
    reason: str,
    by: Actor,
    now: datetime,
    phone_id: str | None = None,
) -> Shown:
    """Return a customer's number or document in full, and write down who asked and why.

    Who asks again while the time runs gets it once more, and spends nothing: a reply may be lost.

    :raises NotFound: if the actor may not see the customer, or it has no such phone
    :raises NothingToReveal: if the customer has none
    :raises RevealQuotaSpent: if the actor had as many today as one day allows
    """
    value = _read(customer_id, field=field, phone_id=phone_id, by=by)
    # The actor's own row is the lock: two reveals at once cannot both be the last one.
    db.session.execute(sa.select(Staff.id).where(Staff.id == by.id).with_for_update(key_share=True))
    kept = queries.find_open_reveal(
        customer_id, field=field, phone_id=phone_id, by_id=by.id, now=now
    )
    if kept is None:
        _require_quota(customer_id, by=by, now=now)
        kept = _keep(customer_id, field=field, phone_id=phone_id, reason=reason, by=by, now=now)
    return Shown(id=kept.id, field=field, value=value, expires_at=kept.expires_at)


def read_again(customer_id: str, *, reveal_id: str, by: Actor, now: datetime) -> Shown:
    """Return what the actor has had revealed, while its time runs.

    :raises NotFound: if the actor may not see the customer any more, or asked for no such reveal
    :raises RevealExpired: if the time is over
    :raises NothingToReveal: if the customer has no such number any more
    """
    kept = queries.get_own_reveal(reveal_id, customer_id=customer_id, by_id=by.id)
    value = _read(customer_id, field=kept.field, phone_id=kept.phone_id, by=by)
    if kept.expires_at <= now:
        raise RevealExpired
    return Shown(id=kept.id, field=kept.field, value=value, expires_at=kept.expires_at)


def _read(customer_id: str, *, field: RevealField, phone_id: str | None, by: Actor) -> str:
    customer = customers.get_customer(customer_id, visible_to=by)
    if field is RevealField.PHONE and phone_id is not None:
        return customers.get_phone(phone_id, customer_id=customer_id).number
    value: str | None = getattr(customer, field.value)
    if value is None:
        raise NothingToReveal(field=field)
    return value


def _keep(
    customer_id: str,
    *,
    field: RevealField,
    phone_id: str | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> Reveal:
    kept = Reveal(
        customer_id=customer_id,
        field=field,
        phone_id=phone_id,
        reason=reason,
        by_id=by.id,
        created_at=now,
        expires_at=now + timedelta(minutes=config.current().reveal_minutes),
    )
    db.session.add(kept)
    db.session.flush()
    audit.record(
        "customer.revealed",
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=customer_id,
        details={"field": field, "phone_id": phone_id, "reason": reason},
    )
    return kept


def _require_quota(customer_id: str, *, by: Actor, now: datetime) -> None:
    today = calendars.local_day(now)
    per_day = config.current().reveals_per_day
    if queries.count_reveals(by_id=by.id, since=calendars.day_bounds(today)[0]) < per_day:
        return
    tomorrow = calendars.day_bounds(today)[1]
    raise RevealQuotaSpent(
        per_day=per_day,
        retry_after=-(-(tomorrow - now) // timedelta(seconds=1)),
        remember=lambda: audit.record(
            "customer.reveal_refused",
            by_id=by.id,
            at=now,
            subject_kind="customer",
            subject_id=customer_id,
        ),
    )
