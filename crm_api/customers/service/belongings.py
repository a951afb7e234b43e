"""What goes along with a customer's new owner: every open row that names the former one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of, open_rows_of
from crm_api.kit.touches import touch, touching

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from crm_api.kit.succession import OpenRows

    Row = tuple[str, str]  # the table's name, the row's id


def move_open_rows(
    customer_ids: Collection[str],
    *,
    from_id: str,
    to_id: str,
    only: Callable[[sa.Table], sa.ColumnElement[bool]] | None = None,
) -> list[Row]:
    """Let what is still to be done for these customers be the new owner's; return what moved.

    What names a third person stays theirs, and what was done stays with who did it.
    """
    db.session.flush()
    moved: list[Row] = []
    for column, rows in moving_columns():
        table: Any = column.table
        its = (is_among(table.c.customer_id, customer_ids), column == from_id, sa.text(rows.where))
        change: dict[str, Any] = {column.name: to_id}
        if "version" in table.c:
            change["version"] = table.c.version + 1
        statement = sa.update(table).where(*its, *([only(table)] if only else [])).values(change)
        ids = db.session.scalars(touching(statement).returning(table.c.id)).all()
        touch(table.name, ids)
        moved += [(table.name, row_id) for row_id in ids]
    return moved


def count_open_rows(customer_ids: Collection[str], *, owner_id: str) -> dict[str, dict[str, int]]:
    """Return, by what previews call them, how many open rows of each customer would go along."""
    counted = {}
    for column, rows in moving_columns():
        table: Any = column.table
        counted[rows.name] = _count(table, customer_ids, rows, column == owner_id)
    for column, rows in _following():
        counted[rows.name] = _count(column.table, customer_ids, rows)
    return dict(sorted(counted.items()))


def count_rows_naming(owner_id: str) -> dict[str, int]:
    """Return how many open rows name somebody, whosever the customers are."""
    counted = {}
    for column, rows in moving_columns():
        statement = sa.select(sa.func.count()).where(column == owner_id, sa.text(rows.where))
        counted[rows.name] = db.session.scalars(statement).one()
    return dict(sorted(counted.items()))


def moving_columns() -> Iterator[tuple[sa.Column[Any], OpenRows]]:
    """Give the columns that name an owner, with the rows of theirs that move."""
    for column in columns_referring_to("staff"):
        rows = open_rows_of(column)
        if fate_of(column) is Fate.MOVES and rows is not None:
            yield column, rows


def _count(
    table: Any, customer_ids: Collection[str], rows: OpenRows, *further: sa.ColumnElement[bool]
) -> dict[str, int]:
    statement = (
        sa.select(table.c.customer_id, sa.func.count())
        .where(is_among(table.c.customer_id, customer_ids), sa.text(rows.where), *further)
        .group_by(table.c.customer_id)
    )
    return dict(db.session.execute(statement).all())


def _following() -> Iterator[tuple[sa.Column[Any], OpenRows]]:
    """Give the columns that name a customer, with the rows that are shown to be going along."""
    for column in columns_referring_to("customers"):
        rows = open_rows_of(column)
        if rows is not None:
            yield column, rows
