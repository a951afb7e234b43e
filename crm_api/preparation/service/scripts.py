"""Talking points (话术) by the customer's communication style."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts.json"


def script_for(style: str | None) -> dict[str, Any]:
    """Return how to speak with somebody of this style, or with anybody."""
    scripts = _scripts()
    chosen = style if style in scripts else "general"
    return {"style": chosen, **scripts[chosen]}


@cache
def _scripts() -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(SCRIPTS.read_bytes())
    return content
