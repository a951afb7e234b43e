"""A few rows of several tables, written by one statement: one round trip where it was one each."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from crm_api.kit.bulk import FEW, as_document, as_stored, insert_rows
from crm_api.kit.db import db
from crm_api.kit.straight import send
from crm_api.kit.touches import touch_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    Row = Mapping[str, Any]


def insert_together(rows_by_model: Mapping[Any, Sequence[Row]]) -> None:
    """Insert the rows of several tables, each as `insert_rows` does, the first table's first.

    A few travel to PostgreSQL as documents, by one statement for all tables.
    """
    together = {model: rows for model, rows in rows_by_model.items() if rows}
    is_small = sum(map(len, together.values())) < FEW
    if not is_small or len(together) < 2 or db.engine.dialect.name != "postgresql":  # noqa: PLR2004
        for model, rows in together.items():
            insert_rows(model, rows)
        return
    db.session.flush()
    connection = db.session.connection()
    for model, rows in together.items():
        touch_rows(model.__table__, rows)
    kinds = tuple((model.__table__, tuple(rows[0])) for model, rows in together.items())
    documents = {
        table.name: as_document(as_stored(table, rows, connection.dialect))
        for (table, _), rows in zip(kinds, together.values(), strict=True)
    }
    send(connection, _insert_into(kinds, connection.dialect), documents)


@cache
def _insert_into(kinds: tuple[tuple[sa.Table, tuple[str, ...]], ...], dialect: sa.Dialect) -> str:
    """Write the statement; what its tables refer to is looked for once it is through."""
    *first, last = (_insert_from(table, names, dialect) for table, names in kinds)
    before = ", ".join(f"made_{n} AS ({insert})" for n, insert in enumerate(first))
    return f"WITH {before} {last}"


def _insert_from(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    typed = ", ".join(f'"{n}" {table.c[n].type.compile(dialect)}' for n in names)
    given = f"json_to_recordset(%({table.name})s::json) AS given({typed})"
    return f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {given}'  # noqa: S608
