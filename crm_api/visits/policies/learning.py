"""Which facts of a profile are asked after, and go stale; and how they are read back."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Any

from crm_api.customers.terms import Channel, CommunicationStyle, Gender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
# Facts that are entries of their own, by the name of their field up to the colon.
ANNIVERSARY, LIFE_EVENT = "anniversary", "life_event"

_READ: Mapping[str, Callable[[Any], Any]] = {
    "birth_on": date.fromisoformat,
    "gender": Gender,
    "communication_style": CommunicationStyle,
    "preferred_channel": Channel,
    "preferred_from": time.fromisoformat,
    "preferred_until": time.fromisoformat,
}


def read_back(field: str, kept: Any) -> Any:
    """Return a value of the profile as it was before it was kept as JSON."""
    return kept if kept is None else _READ.get(field, _as_it_is)(kept)


def _as_it_is(kept: Any) -> Any:
    return kept
