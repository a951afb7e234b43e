"""Which facts of a profile are asked after, and go stale."""

from __future__ import annotations

CONFIRMABLE = (
    "phone",
    "birth_on",
    "employer",
    "title",
    "interests",
    "communication_style",
    "preferred_channel",
)
