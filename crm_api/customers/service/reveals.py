"""Show what is masked, for a reason that stays on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Staff
from crm_api.audit import service as audit
from crm_api.calendars import service as calendars
from crm_api.customers import queries
from crm_api.customers.errors import NothingToReveal, RevealQuotaSpent
from crm_api.customers.queries.reveals import REVEALED
from crm_api.customers.terms import RevealField
from crm_api.kit.db import db

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def reveal(
    customer_id: str,
    *,
    field: RevealField,
    reason: str,
    by: Actor,
    now: datetime,
    phone_id: str | None = None,
) -> str:
    """Return a customer's number or document in full, and write down who asked and why.

    :raises NotFound: if the actor may not see the customer, or it has no such phone
    :raises NothingToReveal: if the customer has none
    :raises RevealQuotaSpent: if the actor had as many today as one day allows
    """
    customer = queries.get_customer(customer_id, visible_to=by)
    if field is RevealField.PHONE and phone_id is not None:
        value: str | None = queries.get_phone(phone_id, customer_id=customer_id).number
    else:
        value = getattr(customer, field.value)
    if value is None:
        raise NothingToReveal(field=field)
    _require_quota(customer_id, by=by, now=now)
    audit.record(
        REVEALED,
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=customer_id,
        details={"field": field, "phone_id": phone_id, "reason": reason},
    )
    return value


def _require_quota(customer_id: str, *, by: Actor, now: datetime) -> None:
    # The actor's own row is the lock: two reveals at once cannot both be the last one.
    db.session.execute(sa.select(Staff.id).where(Staff.id == by.id).with_for_update(key_share=True))
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
