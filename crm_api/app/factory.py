"""Build the application from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crm_api import config
from crm_api.app import documents, rooms
from crm_api.app.commands import worker
from crm_api.app.followers import follow_changes, look_after_merges
from crm_api.contact_frequency.queries.alerts import audit_readings
from crm_api.kit import health, metrics
from crm_api.kit.db import db
from crm_api.kit.edge import EdgeFlask, watch_requests
from crm_api.kit.engine import engine_options, prepare_engine
from crm_api.kit.limits import limit_requests
from crm_api.kit.logs import configure_logs
from crm_api.kit.problems import register_problems
from crm_api.kit.routing import DayConverter, RecordIdConverter

if TYPE_CHECKING:
    from flask import Flask

    from crm_api.config import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, ready to serve.

    :raises MissingSetting: if production lacks a secret or its database
    """
    settings = settings or _load()
    config.configure(settings)
    configure_logs(settings.log_level)
    app = EdgeFlask("crm_api", static_folder=None)
    _configure(app, settings)
    app.url_map.converters |= {"record_id": RecordIdConverter, "day": DayConverter}
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine, settings)
    watch_requests(app)
    limit_requests(app, per_minute=settings.requests_per_minute)
    register_problems(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    metrics.SOURCES["governor_audit"] = audit_readings
    documents.publish(app, rooms.blueprints())
    rooms.add_commands(app)
    app.cli.add_command(worker)
    follow_changes()
    look_after_merges()
    return app


def _load() -> Settings:
    settings = config.load()
    by_command = click.get_current_context(silent=True) is not None
    return settings.with_patience() if by_command else settings


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        TESTING=settings.environment == "test",
    )
