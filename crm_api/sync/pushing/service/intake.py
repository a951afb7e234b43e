"""A push being taken: what is known of its records, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from crm_api.sync.pushing.values import Push, PushedRecord, Rejection, Sender

    Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What is known of the records of a push, and what became of them."""

    push: Push
    sender: Sender
    digests: dict[Key, str]
    known: dict[Key, str | None]
    visible: set[str]
    received: dict[Key, str]
    gone: set[Key]
    # The phone has not pulled since a backup was restored: what it has may be the only copy.
    is_rescue: bool
    taken: list[PushedRecord] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def is_repeat(self, record: PushedRecord) -> bool:
        """Tell whether this device sent the very same before."""
        is_deletion = record.op is Pushed.DELETED
        return not is_deletion and self.received.get(record.key) == self.digests[record.key]
