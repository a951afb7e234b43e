"""One JSON object a line on stderr. No texts, no tokens, no whole numbers."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

_log = logging.getLogger("gateway_relay")


def configure(level: str) -> None:
    """Write our lines, from this level on; of smpplib, warnings only: its others show texts."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    _log.handlers = [handler]
    _log.propagate = False
    _log.setLevel(level)
    logging.getLogger("gateway_relay.smpplib").setLevel("WARNING")
    logging.getLogger("smpplib").setLevel("ERROR")


def note(event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Write a line."""
    _log.log(level, event, extra={"facts": facts})


def warn(event: str, **facts: Any) -> None:
    """Write a line that somebody should read."""
    note(event, level=logging.WARNING, **facts)


def fail(event: str, **facts: Any) -> None:
    """Write why the relay stops, or what it could not do."""
    note(event, level=logging.ERROR, **facts)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "thread": record.threadName,
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
