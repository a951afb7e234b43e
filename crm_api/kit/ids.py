"""Ids: text of 1 to 64 characters, made by the server or brought by an offline client."""

from __future__ import annotations

import re

import uuid_utils

PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_SHAPE = re.compile(PATTERN)


def new_id() -> str:
    """Return a UUIDv7: unique without asking, and ordered by time, so that indexes stay dense."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Tell whether a text may serve as an id."""
    return _SHAPE.fullmatch(text) is not None
