"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from crm_api.kit.db import db

ROOT = Path(__file__).resolve().parents[2]

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> Response:
    """Answer while the process lives."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def show_readiness() -> tuple[Response, int]:
    """Answer 200 once the database is reachable and its migrations are current."""
    state: dict[str, Any] = {"database": "unreachable", "migrations": "unknown"}
    try:
        current = db.session.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        state = {"database": "reachable", "migrations": "current"}
        if current != newest_migration():
            state["migrations"] = "behind"
    except SQLAlchemyError:
        db.session.rollback()
    ready = state["migrations"] == "current"
    return jsonify(status="ready" if ready else "not ready", **state), 200 if ready else 503


def newest_migration() -> str | None:
    """Return the revision that the code needs."""
    return ScriptDirectory.from_config(migrations_config()).get_current_head()


def migrations_config() -> Config:
    """Return alembic's settings, which stand in pyproject.toml."""
    return Config(toml_file=str(ROOT / "pyproject.toml"))
