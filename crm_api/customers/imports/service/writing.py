"""Write the customers of a chunk, in a number of statements that does not grow with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers import queries as customer_queries
from crm_api.customers.imports.models import ImportedCustomer
from crm_api.customers.imports.values import Order, Remembered
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.terms import Origin
from crm_api.customers.provenance.values import Source
from crm_api.customers.service.changes import note_change
from crm_api.customers.service.creation import add_customers
from crm_api.customers.service.derived import keep_derived, keep_reading, phone_of
from crm_api.customers.terms import Aspect, Gender, Kind, Tier
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.customers.imports.policies.rows import RowFacts
    from crm_api.customers.models import Customer

Memory = Mapping[str, Remembered]

COLUMNS = {
    "name": str,
    "kind": Kind,
    "gender": Gender,
    "birth_on": None,
    "phone": None,
    "joined_on": None,
    "account_no": None,
    "plan_name": str,
    "plan_monthly_fen": None,
    "contract_end_on": None,
    "balance_fen": None,
    "tier": Tier,
}
EMPTY = {"kind": Kind.INDIVIDUAL, "gender": Gender.UNKNOWN, "plan_name": ""}
PLAN = ("plan_name", "plan_monthly_fen", "contract_end_on")
REASON = "import"


def create_customers(
    rows: Sequence[RowFacts],
    *,
    owners: Mapping[str, tuple[str, str]],
    order: Order,
    now: datetime,
) -> None:
    """Create a customer for each row, in the portfolio of its owner."""
    contents = [_content(row, owners[row.facts["owner_login"]]) for row in rows]
    if contents:
        source = Source(Origin.IMPORT, order.import_id)
        add_customers(contents, by_id=order.by.id, now=now, source=source)


def _content(row: RowFacts, owner: tuple[str, str]) -> dict[str, Any]:
    values = _column_values(row)
    phone = values.pop("phone", None)
    owner_id, team_id = owner
    return {
        **values,
        "id": row.customer_id,
        "owner_id": owner_id,
        "team_id": team_id,
        "phones": [{"number": phone}] if phone else [],
    }


def _column_values(row: RowFacts) -> dict[str, Any]:
    values = {}
    for name, kind in COLUMNS.items():
        if name in row.facts:
            fact = row.facts[name]
            values[name] = EMPTY.get(name) if fact is None else kind(fact) if kind else fact
    if values.get("tier", "") is None:  # an empty cell leaves the tier to the plan
        del values["tier"]
    return values


def differences(customer: Customer, row: RowFacts) -> dict[str, Any]:
    """Return what a row says otherwise of a customer.

    Whose the customer is, only the first row decides; afterwards a transfer does.
    """
    values = _column_values(row)
    return {name: value for name, value in values.items() if getattr(customer, name) != value}


def update_customers(
    rows: Sequence[RowFacts], *, known: Mapping[str, Customer], order: Order, now: datetime
) -> None:
    """Bring customers in line with what their rows say now."""
    customers = [known[row.key] for row in rows]
    learned: dict[str, dict[str, Any]] = {}
    source, by_id = Source(Origin.IMPORT, order.import_id), order.by.id
    for row, customer in zip(rows, customers, strict=True):
        changes = learned[customer.id] = differences(customer, row)
        _note_changes(customer, changes, by_id=by_id, now=now)
        for name, value in changes.items():
            setattr(customer, name, value)
        if "tier" in changes:
            customer.own_tier = changes["tier"]
        if "phone" in changes:
            _change_phone(customer, now=now)
        keep_reading(customer)
    if customers:
        provenance.note_all_learned(learned, source=source, by_id=by_id, now=now)
        keep_derived(customers, now=now)


def _note_changes(
    customer: Customer, changes: Mapping[str, Any], *, by_id: str, now: datetime
) -> None:
    for aspect, names in ((Aspect.TIER, ("tier",)), (Aspect.PLAN, PLAN)):
        if set(names) & set(changes):
            before = {name: getattr(customer, name) for name in names}
            note_change(
                customer,
                aspect,
                before={name: _plain(value) for name, value in before.items()},
                after={name: _plain(changes.get(name, before[name])) for name in names},
                reason=REASON,
                by_id=by_id,
                now=now,
            )


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def _change_phone(customer: Customer, *, now: datetime) -> None:
    numbers = {phone.number: phone for phone in customer_queries.phones_of(customer.id)}
    for phone in numbers.values():
        phone.is_primary = phone.number == customer.phone
    if customer.phone is not None and customer.phone not in numbers:
        added = phone_of(
            customer.phone, customer_id=customer.id, now=now, is_primary=True, label=""
        )
        db.session.add(added)


def remember(
    rows: Sequence[RowFacts],
    *,
    known: Mapping[str, Customer],
    remembered: Memory,
    order: Order,
) -> None:
    """Keep what each external id became and what its row said."""
    new = [_memory(row, known, order) for row in rows if row.key not in remembered]
    insert_rows(ImportedCustomer, new)
    said = {row.key: row for row in rows if row.key in remembered}
    statement = sa.select(ImportedCustomer).where(
        ImportedCustomer.source == order.mapping.source,
        ImportedCustomer.external_id.in_(list(said)),
    )
    for memory in db.session.scalars(statement).all() if said else ():
        row = said[memory.external_id]
        memory.digest, memory.row_number = row.digest, row.number
        memory.import_id = order.import_id


def _memory(row: RowFacts, known: Mapping[str, Customer], order: Order) -> dict[str, Any]:
    return {
        "source": order.mapping.source,
        "external_id": row.key,
        "customer_id": known[row.key].id if row.key in known else row.customer_id,
        "digest": row.digest,
        "import_id": order.import_id,
        "row_number": row.number,
    }
