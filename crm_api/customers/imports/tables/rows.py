"""One row of a file, made safe to store."""

from __future__ import annotations

from typing import NamedTuple

MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
LONGEST_CELL = 2_000
KEPT_OF_LONG_CELL = 100
UNREADABLE = "the row cannot be read: a field is far too long, or a quote is never closed"
REPLACEMENT = "\ufffd"


class SheetRow(NamedTuple):
    """A row, its number as a spreadsheet shows it, and why it cannot be taken if it cannot."""

    number: int
    cells: list[str]
    fault: str | None


def clean_row(number: int, cells: list[str] | None, *, width: int) -> SheetRow:
    """Return a row that any database can keep, with what had to be changed as its fault."""
    if cells is None:
        return SheetRow(number, [], UNREADABLE)
    while len(cells) > width and not cells[-1]:
        cells.pop()
    cleaned = [_clean(cell) for cell in cells[:MAX_COLUMNS]]
    return SheetRow(number, cleaned, _fault(cells, cleaned, width=width))


def _clean(cell: str) -> str:
    if len(cell) > LONGEST_CELL:
        cell = cell[:KEPT_OF_LONG_CELL]
    if cell.isprintable():
        return cell
    return "".join(REPLACEMENT if _is_poison(c) else c for c in cell)


def _is_poison(character: str) -> bool:
    return (character < " " and character not in "\n\t\r") or "\ud800" <= character <= "\udfff"


def _fault(cells: list[str], cleaned: list[str], *, width: int) -> str | None:
    if len(cells) != width:
        return f"the row has {len(cells)} cells where the header has {width}"
    for n, (before, after) in enumerate(zip(cells, cleaned, strict=True), start=1):
        if len(before) > LONGEST_CELL:
            return f"cell {n} is longer than {LONGEST_CELL} characters"
        if before != after:
            return f"cell {n} holds control characters"
    return None
