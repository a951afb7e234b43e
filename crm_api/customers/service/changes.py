"""Keep what a customer was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers.models import Customer, CustomerChange
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.customers.terms import Aspect


def note_change(customer: Customer, aspect: Aspect, **change: Any) -> None:
    """Write down a change, in the transaction that makes it."""
    db.session.add(CustomerChange(**change_row(customer.id, aspect, **change)))


def change_row(
    customer_id: str,
    aspect: Aspect,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    reason: str,
    by_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the row of a change."""
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "aspect": aspect,
        "before": before,
        "after": after,
        "reason": reason,
        "changed_at": now,
        "by_id": by_id,
        "created_at": now,
    }
