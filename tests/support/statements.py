"""How many statements something costs."""

from __future__ import annotations

from contextlib import contextmanager

import sqlalchemy as sa

from crm_api.kit.db import db


class Statements:
    """How many statements ran."""

    count = 0


@contextmanager
def counting():
    """Count the statements that run meanwhile."""
    statements = Statements()

    def note(_connection, _cursor, statement, *_args):
        statements.count += not statement.startswith("BEGIN")

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
