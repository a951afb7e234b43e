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

# What a visit may mend of the core profile; all else that it may mend is extended.
OF_THE_CORE = ("birth_on", "gender")
