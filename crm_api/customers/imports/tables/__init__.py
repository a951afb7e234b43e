"""Files as tables of text, row by row, whatever a stranger put into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from crm_api.customers.imports.errors import FileRefused
from crm_api.customers.imports.tables.csv_table import read_csv
from crm_api.customers.imports.tables.rows import MAX_COLUMNS, MAX_ROWS, SheetRow, clean_row
from crm_api.customers.imports.tables.xlsx_table import ZIP_MARK, read_xlsx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.customers.imports.policies.mapping import FileMapping

__all__ = ["SheetRow", "open_table"]


def open_table(file: BinaryIO, *, mapping: FileMapping) -> tuple[list[str], Iterator[SheetRow]]:
    """Return the header and an iterator over the rows, which reads as it goes.

    :raises FileRefused: if this is no table, lacks a column of the mapping, or would do harm;
        while iterating too
    """
    is_workbook = file.read(len(ZIP_MARK)) == ZIP_MARK
    file.seek(0)
    if is_workbook:
        lines = read_xlsx(file, sheet=mapping.sheet)
    else:
        lines = read_csv(file, delimiter=mapping.delimiter)
    header = _read_header(lines, mapping)
    return header, _read_rows(lines, width=len(header))


def _read_header(lines: Iterator[list[str] | None], mapping: FileMapping) -> list[str]:
    header = [name.strip() for name in next(lines, None) or []]
    while header and not header[-1]:
        header.pop()
    if not 0 < len(header) <= MAX_COLUMNS:
        raise FileRefused(f"The first row must name 1 to {MAX_COLUMNS} columns.")
    lacking = sorted(mapping.columns - set(header))
    if lacking:
        raise FileRefused(f"The file lacks these columns of the mapping: {', '.join(lacking)}.")
    twice = sorted({name for name in mapping.columns if header.count(name) > 1})
    if twice:
        raise FileRefused(f"These columns stand there twice: {', '.join(twice)}.")
    return header


def _read_rows(lines: Iterator[list[str] | None], *, width: int) -> Iterator[SheetRow]:
    for number, cells in enumerate(lines, start=2):  # as a spreadsheet counts them
        if number > MAX_ROWS:
            raise FileRefused(f"The file has more than {MAX_ROWS} rows. Split it.")
        if cells is None or any(cells):
            yield clean_row(number, cells, width=width)
