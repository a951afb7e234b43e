"""Hand a customer all that is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.audit import service as audit
from crm_api.customers import queries as customers
from crm_api.privacy.queries import held

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def export_customer(customer_id: str, *, reason: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Return all that is kept of a customer, unmasked, by table; who took it out and why is kept.

    :raises NotFound: if the actor may not see the customer
    """
    customers.get_customer(customer_id, visible_to=by)
    ids = customers.ids_of(customer_id)
    tables = {table.name: held.rows_of(table, ids) for table in held.tables_from_below()}
    audit.record(
        "customer.exported",
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=customer_id,
        details={"reason": reason, "rows": sum(map(len, tables.values()))},
    )
    return {
        "customer_id": customer_id,
        "made_at": now,
        "by_id": by.id,
        "tables": dict(sorted(tables.items())),
    }
