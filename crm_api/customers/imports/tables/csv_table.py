"""CSV as it comes: UTF-8 with or without a mark, or GB18030; comma, semicolon, tab or bar."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, Any, BinaryIO

from crm_api.customers.imports.errors import FileRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"
BLOCK = 1 << 16
LONGEST_LINE = (
    200_000  # characters; what is longer comes in pieces, and none of them fits the header
)
END: Any = object()
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_csv(file: BinaryIO, *, delimiter: str | None) -> Iterator[list[str] | None]:
    """Return the rows; None stands for one that cannot be read.

    :raises FileRefused: if the file is no text
    """
    text = io.TextIOWrapper(file, encoding=_detect_encoding(file), newline="")
    first = text.readline(LONGEST_LINE)
    text.seek(0)
    return _read(text, delimiter or _sniff(first))


def _detect_encoding(file: BinaryIO) -> str:
    start = file.read(len(codecs.BOM_UTF16_LE))
    file.seek(0)
    if start in UTF_16_MARKS:
        raise FileRefused("The file is UTF-16. Save it as UTF-8.")
    for encoding in ENCODINGS:
        if _decodes(file, encoding):
            return encoding
    raise FileRefused("The file is neither UTF-8 nor GB18030. Save it as UTF-8.")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    # The whole file, for a Chinese name may come late: guessing from a sample would lose it.
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in iter(lambda: file.read(BLOCK), b""):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def _sniff(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _read(text: io.TextIOWrapper, delimiter: str) -> Iterator[list[str] | None]:
    reader = csv.reader(iter(lambda: text.readline(LONGEST_LINE), ""), delimiter=delimiter)
    try:
        yield from iter(lambda: _next(reader), END)
    finally:
        text.detach()  # the file is its owner's to close


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        row: list[str] | None = next(reader, END)
    except csv.Error:  # a field beyond the limit; the reader goes on with the next line
        return None
    return row
