"""Give up an old key: encrypt with the new one what the old one still holds."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api import config
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.touches import touching

_customers = Customer.__table__.c


def encrypt_anew(*, after_id: str, limit: int) -> str | None:
    """Encrypt the documents of the next customers by id with the key in use.

    Safe to stop and to repeat: what is encrypted with that key already is passed over. Returns
    where to go on, or None at the end.
    """
    in_use = next(iter(config.current().data_keys))
    stored = sa.type_coerce(_customers.document_number, sa.Text)
    statement = (
        sa.select(_customers.id, _customers.document_number)
        .where(
            _customers.id > after_id,
            stored.is_not(None),
            sa.func.substr(stored, 1, len(in_use) + 1) != f"{in_use}:",
        )
        .order_by(_customers.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    rows = db.session.execute(statement).all()
    for customer_id, number in rows:
        change = sa.update(Customer.__table__).where(_customers.id == customer_id)  # type: ignore[arg-type]
        db.session.execute(touching(change.values(document_number=number)))  # the same number
    return rows[-1].id if rows else None
