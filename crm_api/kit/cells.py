"""What a cell of a spreadsheet may hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

# A cell that begins like this is a formula to some spreadsheet; full-width signs are, in CJK ones.
FORMULA_SIGNS = (*"=+-@\t\r\n", *"＝＋－＠")  # noqa: RUF001 - ambiguous is what they are


def cell(value: Any) -> str:
    """Return a value as text that no spreadsheet will run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return "'" + text if text.startswith(FORMULA_SIGNS) else text
