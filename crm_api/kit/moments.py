"""Reckoning with moments inside a statement, alike on both engines."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement

from crm_api.kit.types import UTCDateTime


class days_before(ColumnElement[Any]):  # noqa: N801 - reads as a function in a select
    """The moment so many times 24 hours before another."""

    type = UTCDateTime()
    inherit_cache = False

    def __init__(self, moment: Any, days: int) -> None:
        self.moment = moment
        self.days: Any = sa.literal_column(str(days))


@compiles(days_before, "sqlite")
def _on_sqlite(element: days_before, compiler: Any, **kw: Any) -> str:
    moment, days = (compiler.process(part, **kw) for part in (element.moment, element.days))
    # As the engine's driver writes moments: six digits after the point, of which it reckons three.
    return f"(strftime('%Y-%m-%d %H:%M:%f', {moment}, '-{days} days') || '000')"


@compiles(days_before, "postgresql")
def _on_postgresql(element: days_before, compiler: Any, **kw: Any) -> str:
    moment, days = (compiler.process(part, **kw) for part in (element.moment, element.days))
    return f"({moment} - make_interval(hours => 24 * {days}))"
