"""What is told of texts: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from crm_api.care.wording.terms import Supply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.care.models import CareTemplate, CareTemplateVersion
    from crm_api.care.terms import Encoding, Occasion
    from crm_api.care.wording.models import ForbiddenWord
    from crm_api.care.wording.policies.linting import Finding
    from crm_api.care.wording.terms import Change
    from crm_api.customers.terms import CommunicationStyle, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """A text as it reads, how long it is on the air, and what is wrong with it."""

    text: str
    encoding: Encoding
    units: int
    segments: int
    longest_units: int
    longest_segments: int
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Preflight):
    """A version as one customer would read it, and whether they would get it."""

    is_made_for_them: bool
    is_fresh: bool


class Piece(NamedTuple):
    """A piece of a text, and what became of it."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of a template, one beside the other."""

    pieces: Sequence[Piece]
    older: Preflight
    newer: Preflight


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFor:
    """How many texts are made for the same people; None is everybody."""

    tiers: Sequence[str] | None
    styles: Sequence[str] | None
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordless:
    """People coming up for an occasion to whom nothing fresh can be said."""

    tier: Tier
    style: CommunicationStyle | None
    people: int
    texts: int  # that are made for them, or for everybody
    add: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolReport:
    """What there is to say on an occasion, and for whom it does not suffice."""

    occasion: Occasion
    festival_key: str | None
    festival_name: str | None
    next_on: date | None
    texts: int  # for everybody
    wanted: int
    awaiting_approval: int
    unfit: int  # approved, and against a rule since
    made_for: Sequence[MadeFor]
    wordless: Sequence[Wordless]

    @property
    def supply(self) -> Supply:
        """Whether the texts for everybody suffice for anybody."""
        if not self.texts and not self.made_for:
            return Supply.DRY
        return Supply.ENOUGH if self.texts >= self.wanted else Supply.THIN

    @property
    def people_without_words(self) -> int:
        """How many of those coming up get no greeting."""
        return sum(group.people for group in self.wordless)

    @property
    def add(self) -> int:
        """How many texts for everybody are missing."""
        return max(0, self.wanted - self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """A word put on the list, and what that stops."""

    word: ForbiddenWord
    templates_out_of_use: Sequence[str]
    waiting_messages: int  # that say it still: their text was final when they were planned


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A version beside its template, and what is wrong with it today."""

    template: CareTemplate
    version: CareTemplateVersion
    findings: Sequence[Finding]
    is_own: bool
