"""Structured logs: one JSON line an event, without personal data."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Any

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_DIGITS = re.compile(r"\+?\d{7,}")


def configure_logs(level: str) -> None:
    """Write every event as one line of JSON to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrub,
            structlog.processors.JSONRenderer(serializer=_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _line(event: MutableMapping[str, Any], *, default: Callable[[Any], Any]) -> str:
    return orjson.dumps(event, default=default).decode()


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out whatever looks like a phone, document or account number."""
    for name, value in event.items():
        if isinstance(value, str) and name not in ("timestamp", "request_id", "actor_id"):
            event[name] = _DIGITS.sub("[number]", value)
    return event
