"""What becomes of a row when the record that it refers to gives way to another one.

Two customers turn out to be one and are merged; a portfolio goes to a colleague. Each column that
refers to such a record says here what happens to its row, `mapped_column(…, info=MOVES)`, and who
merges or transfers walks the metadata instead of a list of tables that somebody must keep up. A
test fails for a column that says nothing (`tests/app/test_succession.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY, _OPEN = "succession", "open"


class Fate(StrEnum):
    """What becomes of a row whose record has a successor."""

    MOVES = "moves"
    YIELDS = "yields"
    STAYS = "stays"
    BY_RULE = "by_rule"


# The row goes on with the successor.
MOVES = {_KEY: Fate.MOVES}
# It goes on, and gives way to the successor's own row under the same key: for columns of a key.
YIELDS = {_KEY: Fate.YIELDS}
# It is a record of what happened, and stays with whom it happened to. Reads span both.
STAYS = {_KEY: Fate.STAYS}
# The package has a rule of its own, such as one row for each customer that unites two.
BY_RULE = {_KEY: Fate.BY_RULE}


@dataclass(frozen=True, slots=True)
class OpenRows:
    """Those rows of a table that wait for somebody to do something, as previews call them."""

    name: str
    where: str


def open_as(name: str, *, where: str) -> dict[str, OpenRows]:
    """Declare which rows go along with a customer's new owner, beside `MOVES`.

    On a column that names an owner only these move; what has ended stays with whom it was. On a
    column that names the customer they are counted, for they follow the customer by themselves.
    """
    return {_OPEN: OpenRows(name, where)}


def open_rows_of(column: sa.Column[Any]) -> OpenRows | None:
    """Return which rows a column declares as open, or None where it says nothing."""
    return column.info.get(_OPEN)


def names_an_author(column: sa.Column[Any]) -> bool:
    """Tell whether a column says, by its name, who did something: that stays on record."""
    return column.name.endswith("by_id") or column.name == "author_id"


def fate_of(column: sa.Column[Any]) -> Fate | None:
    """Return what a column declares, or None where it says nothing."""
    return column.info.get(_KEY)


def columns_referring_to(table_name: str, *, also: Sequence[str] = ()) -> list[sa.Column[Any]]:
    """Return every column that refers to a table's records, in the order of names.

    By a foreign key, or by a name that ends with one of those given: some refer without a key.
    """
    found = [
        column
        for table in db.metadata.tables.values()
        for column in table.columns
        if _refers(column, table_name) or column.name.endswith(tuple(also))
    ]
    return sorted(found, key=lambda column: (column.table.fullname, column.name))


def _refers(column: sa.Column[Any], table_name: str) -> bool:
    return any(key.column.table.name == table_name for key in column.foreign_keys)


def keys_with(column: sa.Column[Any]) -> list[list[str]]:
    """Return the columns of each unique key that a column is part of, partial ones as well."""
    table = column.table
    assert isinstance(table, sa.Table)  # noqa: S101 - the columns of a model stand in one
    kinds = (sa.PrimaryKeyConstraint, sa.UniqueConstraint)
    keys: list[Any] = [key for key in table.constraints if isinstance(key, kinds)]
    keys += [index for index in table.indexes if index.unique]
    named = [[part.name for part in key.columns] for key in keys]
    return [names for names in named if column.name in names]
