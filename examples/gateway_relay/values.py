"""A message in hand, and what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How far an attempt has come, as the journal tells it.

    All but the first two are answers for the CRM, in its own words.
    """

    ASKED = "asked"  # begin was asked for; nothing has left
    INTENDED = "intended"  # the message centre may have it
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    RETRY = "retry"
    NOT_SUBMITTED = "not_submitted"
    UNKNOWN = "unknown"


@dataclass(slots=True, kw_only=True)
class Message:
    """A message to send, with its lease. Moments are this host's own monotonic seconds."""

    id: str
    token: str
    reference: str
    to: str
    text: str
    sender: str
    encoding: str
    priority: int
    lease_ends: float
    last_moment: float

    @classmethod
    def of(cls, document: dict[str, Any], *, asked_at: float) -> Message:
        """Read a message of the CRM's, with moments from when it was asked: never too late."""
        lease = document["lease"]
        return cls(
            id=document["id"],
            token=lease["token"],
            reference=document["reference"],
            to=document["to"],
            text=document["text"],
            sender=document["sender"],
            encoding=document["encoding"],
            priority=document["priority"],
            lease_ends=asked_at + lease["seconds_left"],
            last_moment=asked_at + document["validity_seconds"],
        )

    @property
    def is_in_time(self) -> bool:
        """Whether it may still be submitted: leased, and before its last moment."""
        return time.monotonic() < min(self.lease_ends, self.last_moment)

    @property
    def seconds_to_live(self) -> int:
        """How long the network may try."""
        return max(0, int(self.last_moment - time.monotonic()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What the CRM hands out at once."""

    leased: list[Message]
    recover: list[Message]
    next_poll_seconds: float

    @classmethod
    def of(cls, document: dict[str, Any], *, asked_at: float) -> Hand:
        """Read what came of a lease."""
        return cls(
            leased=[Message.of(one, asked_at=asked_at) for one in document["leased"]],
            recover=[Message.of(one, asked_at=asked_at) for one in document["recover"]],
            next_poll_seconds=document["next_poll_ms"] / 1000,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of submitting a message."""

    state: State
    provider_id: str | None = None
    error: str = ""
    retry_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An attempt's outcome that the CRM has yet to hear, with the token to tell it by."""

    reference: str
    message_id: str
    token: str
    outcome: Outcome

    @property
    def document(self) -> dict[str, Any]:
        """The answer, as the CRM takes it."""
        return {
            "id": self.message_id,
            "lease_token": self.token,
            "result": self.outcome.state.value,
            "provider_id": self.outcome.provider_id,
            "error": self.outcome.error[:200],
            "retry_after": self.outcome.retry_after,
        }
