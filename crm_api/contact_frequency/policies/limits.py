"""What forbids moments, in one form: asked about a moment, it names the interval around it.

Whatever limits a contact, a cap, a gap, hours, a wish, a hold, answers `hit(t)`: the half-open
interval around `t` that it forbids, or None. One search over that serves "why" and "when".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from crm_api.contact_frequency.terms import ReasonCode, Strength, SubjectKind

if TYPE_CHECKING:
    from crm_api.contact_frequency.policies.facts import SlotFact
    from crm_api.contact_frequency.policies.rules import Rule


@dataclass(frozen=True, slots=True)
class Hit:
    """The interval [start, end) that a limit forbids; None is for ever."""

    code: ReasonCode
    start: int | None
    end: int | None
    counted: tuple[SlotFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a limit comes from."""

    strength: Strength
    rule: Rule | None = None
    subject_kind: SubjectKind = SubjectKind.CUSTOMER
    subject_id: str = ""
    overridable_by: tuple[str, ...] = ()


class Limit(Protocol):
    """Something that forbids moments."""

    @property
    def source(self) -> Source:
        """Where the limit comes from."""

    def hit(self, at: int) -> Hit | None:
        """Return the forbidden interval in which a moment lies."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """One plain interval."""

    source: Source
    code: ReasonCode
    start: int | None = None
    end: int | None = None
    counted: tuple[SlotFact, ...] = ()

    def hit(self, at: int) -> Hit | None:
        """Return the interval where it holds the moment."""
        if (self.start is not None and at < self.start) or (
            self.end is not None and at >= self.end
        ):
            return None
        return Hit(self.code, self.start, self.end, self.counted)
