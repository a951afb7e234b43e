"""Find a customer's rows in every table that the inventory names."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.privacy.policies.inventory import AUDITED, HELD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CUSTOMERS = "customers"


def tables_from_below() -> Iterator[sa.Table]:
    """Yield the tables of the inventory, each before those that its rows refer to."""
    for table in reversed(db.metadata.sorted_tables):
        if table.name in HELD:
            yield table


def is_of(table: sa.Table, customer_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a row of a table is one of these customers'."""
    links = (
        _names(table.c[own], of, column, customer_ids)
        for own, of, column in HELD[table.name].through
    )
    return sa.or_(*links)


def _names(own: Any, of: str, column: str, customer_ids: Sequence[str]) -> sa.ColumnElement[bool]:
    if of == CUSTOMERS:
        named: sa.ColumnElement[bool] = own.in_(customer_ids)
        return named
    parent = db.metadata.tables[of]
    rows: sa.ColumnElement[bool] = own.in_(
        sa.select(parent.c[column]).where(is_of(parent, customer_ids))
    )
    return rows


def rows_of(table: sa.Table, customer_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return a customer's rows of a table as plain JSON, in the order of the key."""
    shown = [c for c in table.columns if c.name not in HELD[table.name].hides]
    statement = sa.select(*shown).where(is_of(table, customer_ids))
    rows = db.session.execute(statement.order_by(*table.primary_key.columns)).mappings()
    return [{name: _as_json(value) for name, value in row.items()} for row in rows]


def records_of(customer_ids: Sequence[str]) -> Iterator[sa.Select[tuple[str]]]:
    """Yield, table by table, the ids under which the audit may speak of a customer's records."""
    for name in (CUSTOMERS, *AUDITED):
        table = db.metadata.tables[name]
        yield sa.select(table.c.id).where(is_of(table, customer_ids))


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return orjson.loads(orjson.dumps(value))
