from __future__ import annotations

from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from crm_api.kit.db import db


class Statements:
    """How many statements ran."""

    count = 0


@pytest.fixture
def count_statements(app):
    @contextmanager
    def counting():
        statements = Statements()

        def note(_connection, _cursor, statement, *_args):
            statements.count += not statement.startswith("BEGIN")

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)

    return counting
