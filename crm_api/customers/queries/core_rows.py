"""The core profile straight from the row: the hot path of every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.customers.policies.masking import mask_document, mask_phone
from crm_api.customers.queries.access import limit_to
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

# In the order of CustomerSchema; a test compares the bytes of the two.
CORE_FIELDS = (
    "id",
    "version",
    "kind",
    "name",
    "name_pinyin",
    "name_initials",
    "gender",
    "birth_on",
    "has_guardian_consent",
    "document_type",
    "document_number",
    "phone",
    "joined_on",
    "status",
    "tier",
    "own_tier",
    "account_no",
    "plan_name",
    "plan_monthly_fen",
    "contract_end_on",
    "balance_fen",
    "team_id",
    "owner_id",
    "created_at",
)
_CORE = sa.select(*(Customer.__table__.c[name] for name in CORE_FIELDS)).where(
    Customer.id == sa.bindparam("customer_id")
)


def core_row(customer_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return the core profile as the API answers with it, in one statement and without the ORM.

    :raises NotFound: if there is no such customer, or none that the actor may see
    """
    statement = limit_to(_CORE, visible_to=visible_to)
    row = db.session.execute(statement, {"customer_id": customer_id}).mappings().first()
    if row is None:
        raise NotFound("customer")
    shown = {name: _as_json(value) for name, value in row.items()}
    shown["phone"] = mask_phone(row["phone"])
    shown["document_number"] = mask_document(row["document_number"])
    return shown


def _as_json(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return getattr(value, "value", value)
