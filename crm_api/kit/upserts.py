"""`INSERT … ON CONFLICT` on either engine."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from crm_api.kit.db import db


def insert(table: Any) -> Any:
    """Return the engine's own insert, which knows `on_conflict_do_nothing` and `…_do_update`.

    `rowcount` lies for these on psycopg: use `.returning(…)`.
    """
    on_postgresql = db.engine.dialect.name == "postgresql"
    return postgresql.insert(table) if on_postgresql else sqlite.insert(table)
