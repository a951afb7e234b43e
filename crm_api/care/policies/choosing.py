"""Which words a customer gets: made for them where there are such, and never heard lately."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crm_api.care.policies.rendering import Compiled
    from crm_api.customers.terms import Category, CommunicationStyle, Tier


class Fit(IntEnum):
    """How closely words are made for somebody: the order in which they are tried."""

    TIER_AND_STYLE = 0
    TIER = 1
    STYLE = 2
    GENERAL = 3


@dataclass(frozen=True, slots=True)
class Words:
    """An approved version of a template, ready to be filled in; None is made for everybody."""

    template_id: str
    number: int
    category: Category
    compiled: Compiled
    tiers: frozenset[Tier] | None = None
    styles: frozenset[CommunicationStyle] | None = None

    def fit(self, tier: Tier, style: CommunicationStyle | None) -> Fit | None:
        """Return how closely these are made for somebody; None where they are for others."""
        if self.tiers is not None and tier not in self.tiers:
            return None
        if self.styles is not None and style not in self.styles:
            return None
        return FITS[self.tiers is not None, self.styles is not None]


FITS: Final = {
    (True, True): Fit.TIER_AND_STYLE,
    (True, False): Fit.TIER,
    (False, True): Fit.STYLE,
    (False, False): Fit.GENERAL,
}


class Pool:
    """All that may be said on an occasion, sorted once for each kind of person who comes."""

    __slots__ = ("_ranked", "words")

    def __init__(self, words: Iterable[Words] = ()) -> None:
        self.words = tuple(words)
        self._ranked: dict[tuple[Tier, CommunicationStyle | None], tuple[Sequence[Words], ...]] = {}

    def __bool__(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.words)

    def ranked_for(
        self, tier: Tier, style: CommunicationStyle | None
    ) -> tuple[Sequence[Words], ...]:
        """Return what may be said to somebody, the closest fit first, those alike together."""
        found = self._ranked.get((tier, style))
        if found is None:
            alike: dict[Fit, list[Words]] = {}
            for words in self.words:
                if (fit := words.fit(tier, style)) is not None:
                    alike.setdefault(fit, []).append(words)
            found = self._ranked[tier, style] = tuple(alike[fit] for fit in sorted(alike))
        return found


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer hears on the occasions nearest to one."""

    template_ids: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


NOTHING_TOLD: Final = Told()


def choose(
    turn: int, *, among: Iterable[Sequence[Words]], told: Told, values: Mapping[str, str]
) -> tuple[Words, str] | None:
    """Return the first words and text that are fresh, or None where none are.

    The choice hangs on the turn alone, so that a plan repeated after a crash says the same.
    """
    for alike in among:
        start = turn % len(alike)
        for words in (*alike[start:], *alike[:start]):
            if words.template_id in told.template_ids:
                continue
            text = words.compiled.render(values)
            if text not in told.texts:
                return words, text
    return None


def turn_of(occurrence: str) -> int:
    """Return whose turn it is on an occurrence: each year the next words of the row.

    People are spread over a row evenly, and nobody hears the same again before it is through.
    """
    kind, _, rest = occurrence.rpartition(":")
    series, _, year = kind.rpartition(":")
    if not year.isdecimal():
        return stable_number(occurrence) >> 32
    return (stable_number(f"{series}:{rest}") >> 32) + int(year)


def stable_number(key: str) -> int:
    """Return a number that is the same for a key in every process and year."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())
