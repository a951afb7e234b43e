"""Two occasions of one day: which they are, and how they are named in one text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from crm_api.care.policies import salutations
from crm_api.care.policies.naming import OTHER_EVENT, TIER_NAMES, name_of_day
from crm_api.care.terms import Occasion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from crm_api.customers.terms import Tier

    Theme = tuple[Occasion, str | None]
    Pair = frozenset[Theme]


def theme_of(occasion: Occasion, occurrence: str) -> Theme:
    """Return what a greeting is about, as templates name it."""
    return occasion, _key(occurrence) if occasion is Occasion.FESTIVAL else None


def event_of(occasion: Occasion, occurrence: str) -> str | None:
    """Return the id of the life event that a greeting names, if it names one."""
    return _key(occurrence) if occasion is Occasion.LIFE_EVENT else None


def values_for(pair: Any, *, names: Mapping[str, str]) -> dict[str, str]:
    """Return what a text for both occasions may name of this customer and this day.

    `names` are those of festivals by their keys, and of life events by their ids.
    """
    own = Said(pair.occasion, _key(pair.occurrence), pair.tier, pair.joined_on)
    also = Said(pair.also_occasion, _key(pair.also_occurrence), pair.also_tier, pair.also_joined_on)
    named: dict[str, list[str]] = {}
    for said in (own, also):
        for field, speak in SPOKEN.get(said.occasion, {}).items():
            named.setdefault(field, []).append(speak(said, pair.on_day, names))
    return {
        "salutation": salutations.salute(pair.name, pair.gender),
        "name": salutations.say_name(pair.name),
        **{field: "、".join(values) for field, values in named.items()},
    }


def _key(occurrence: str) -> str:
    return occurrence.split(":")[1]


@dataclass(frozen=True, slots=True)
class Said:
    """One of the occasions: what for, and whose."""

    occasion: Occasion
    key: str
    tier: Tier
    joined_on: date | None

    def years(self, on: date) -> str:
        """Return how long the customer has been with us on this day."""
        return str(on.year - self.joined_on.year) if self.joined_on else ""


Speak = Callable[[Said, date, "Mapping[str, str]"], str]
SPOKEN: Final[dict[Occasion, dict[str, Speak]]] = {
    Occasion.FESTIVAL: {"festival": lambda said, _, names: names.get(said.key, "")},
    Occasion.ANNIVERSARY: {"anniversary": lambda said, _, __: name_of_day(said.key, "")},
    Occasion.JOINING: {"years": lambda said, on, _: said.years(on)},
    Occasion.LIFE_EVENT: {"event": lambda said, _, names: names.get(said.key, OTHER_EVENT)},
    Occasion.TIER_CHANGE: {"tier": lambda said, _, __: TIER_NAMES.get(said.tier, "")},
}
