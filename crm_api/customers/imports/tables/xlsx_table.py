"""Workbooks, read as a stream and never trusted."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO

import openpyxl
from openpyxl.xml import DEFUSEDXML

from crm_api.customers.imports.errors import FileRefused
from crm_api.customers.imports.tables.rows import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

ZIP_MARK = b"PK\x03\x04"
MAX_MEMBERS = 500
MAX_UNPACKED = 512 * 1024 * 1024
# openpyxl keeps every shared text in memory, so they get a limit of their own.
MAX_SHARED_TEXTS = 64 * 1024 * 1024
SHARED_TEXTS = "xl/sharedstrings.xml"
# A single cell far down makes the reader give every row in between.
LONGEST_GAP = 5_000
BLOCK = 1 << 16


def read_xlsx(file: BinaryIO, *, sheet: str | None) -> Iterator[list[str] | None]:
    """Return the rows of a sheet (the first, unless named).

    :raises FileRefused: if the file is no workbook, lacks the sheet, or unpacks to too much
    """
    assert DEFUSEDXML  # noqa: S101 - the lock file brings it; without it entities would expand
    _refuse_bombs(file)
    book = _open(file)
    if sheet is not None and sheet not in book.sheetnames:
        raise FileRefused(f"The workbook has no sheet {sheet!r}.")
    page = book[sheet or book.sheetnames[0]]
    # The dimensions that a file states may be a lie of a million rows by 16,384 columns.
    page.reset_dimensions()
    return _read(page)


def _refuse_bombs(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS or declared > MAX_UNPACKED:
                raise FileRefused("The workbook unpacks to more than a table of customers needs.")
            for member in members:
                _measure(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise FileRefused("The workbook is damaged, encrypted or incomplete.") from None
    finally:
        file.seek(0)


def _measure(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    limit = MAX_SHARED_TEXTS if member.filename.lower() == SHARED_TEXTS else MAX_UNPACKED
    size = 0
    with archive.open(member) as content:
        for block in iter(lambda: content.read(BLOCK), b""):
            size += len(block)
            if size > limit:
                raise FileRefused("The workbook unpacks to more than a table of customers needs.")


def _open(file: BinaryIO) -> Any:
    try:
        book = openpyxl.load_workbook(
            file, read_only=True, data_only=True, keep_links=False, keep_vba=False
        )
    except Exception:  # noqa: BLE001 - a hostile workbook breaks its reader in every way there is
        raise FileRefused("This is not a workbook that can be read.") from None
    if not book.worksheets:
        raise FileRefused("The workbook has no sheet of cells.")
    return book


def _read(page: Any) -> Iterator[list[str] | None]:
    rows = page.iter_rows(values_only=True, max_col=MAX_COLUMNS, max_row=MAX_ROWS + 1)
    empty = 0
    while (cells := _next(rows)) is not None:
        texts = [_text(cell) for cell in cells]
        empty = 0 if any(texts) else empty + 1
        if empty > LONGEST_GAP:
            raise FileRefused(f"The sheet has more than {LONGEST_GAP} empty rows. Delete them.")
        yield texts


def _next(rows: Iterator[tuple[object, ...]]) -> tuple[object, ...] | None:
    try:
        return next(rows, None)
    except Exception:  # noqa: BLE001 - as above
        raise FileRefused("The sheet is damaged, or holds what no sheet holds.") from None


def _text(cell: object) -> str:
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat().removesuffix("T00:00:00")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
