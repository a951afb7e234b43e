"""How a file is answered with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, stream_with_context

if TYPE_CHECKING:
    from collections.abc import Iterator

CSV = {"type": "string", "description": "CSV in UTF-8; cells that look like formulas are escaped."}


def csv_reply(rows: Iterator[bytes], *, name: str) -> Response:
    """Send rows as they come, as a file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(
        stream_with_context(rows), content_type="text/csv; charset=utf-8", headers=headers
    )
