"""What a number hears once, whoever on it is meant."""

from __future__ import annotations

_SHARED = ("festival:", "anniversary:wedding:")


def said_once(occurrence: str) -> str | None:
    """Return what two people on one number would be told alike; None where it is each one's own.

    A couple keeps one festival and one wedding day, and each of them a birthday.
    """
    return occurrence.rpartition(":")[0] if occurrence.startswith(_SHARED) else None
