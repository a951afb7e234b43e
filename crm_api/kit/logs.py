"""Structured logs: one JSON line an event, without personal data."""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from crm_api.kit import clock

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_DIGITS = re.compile(r"\+?\d{7,}")
# PostgreSQL quotes the very row that it refuses.
_QUOTED = re.compile(
    r"(?ms)^(DETAIL|CONTEXT): .*?(?=^\[SQL: |^The above exception|^During handling|\Z)"
)
request_id: ContextVar[str] = ContextVar("request_id", default="")
_request_lines: structlog.WriteLogger | None = None


def configure_logs(level: str) -> None:
    """Write every event as one line of JSON to standard error."""
    global _request_lines  # noqa: PLW0603 - one process writes one log
    lowest = logging.getLevelName(level.upper())
    _request_lines = structlog.WriteLogger(sys.stderr) if lowest <= logging.INFO else None
    structlog.configure(
        processors=[
            _name_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrub,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def write_request(**fields: str | float | None) -> None:
    """Write the line of one answered request, if the level asks for it.

    Every request pays for it, and none of its fields can hold what `scrub` looks for: so it goes
    past the processors.
    """
    if _request_lines is not None:
        about = {"event": "request", "request_id": request_id.get(), "level": "info"}
        line = {**fields, **about, "timestamp": clock.now()}
        _request_lines.msg(orjson.dumps(line, option=orjson.OPT_UTC_Z).decode())


def _name_request(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say amid which request it happened, if amid any."""
    asked = request_id.get()
    return {"request_id": asked, **event} if asked else event


def _line(event: MutableMapping[str, Any], *, default: Callable[[Any], Any]) -> str:
    return orjson.dumps(event, default=default).decode()


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out whatever looks like a phone, document or account number, and rows of the database.

    What a statement was asked with, SQLAlchemy hides: see `engine_options`.
    """
    for name, value in event.items():
        if isinstance(value, str) and name not in ("timestamp", "request_id", "actor_id"):
            event[name] = _DIGITS.sub("[number]", _QUOTED.sub("", value))
    return event
