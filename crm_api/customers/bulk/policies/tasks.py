"""What a job shall do, as it is kept until its customers have their turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

READERS: Mapping[str, Any] = {
    "quiet_from": time.fromisoformat,
    "quiet_until": time.fromisoformat,
    "ends_on": date.fromisoformat,
    "contract_end_on": date.fromisoformat,
}


def to_document(value: Any) -> Any:
    """Write a task as plain JSON."""
    if isinstance(value, Mapping):
        return {name: to_document(part) for name, part in value.items()}
    if isinstance(value, list):
        return [to_document(part) for part in value]
    return value.isoformat() if isinstance(value, date | time) else value


def from_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Read a part of a task back, its days and hours as such."""
    return {
        name: READERS[name](value) if name in READERS and value is not None else value
        for name, value in document.items()
    }
