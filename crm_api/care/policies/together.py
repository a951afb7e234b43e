"""Two occasions of one day: which they are, and how they are named in one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.care.policies import salutations
from crm_api.care.policies.naming import name_of_day
from crm_api.care.terms import Occasion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Theme = tuple[Occasion, str | None]
    Pair = frozenset[Theme]


def theme_of(occasion: Occasion, occurrence: str) -> Theme:
    """Return what a greeting is about, as templates name it."""
    return occasion, occurrence.split(":")[1] if occasion is Occasion.FESTIVAL else None


def values_for(pair: Any, *, festivals: Mapping[str, str]) -> dict[str, str]:
    """Return what a text for both occasions may name of this customer and this day."""
    said = [(pair.occasion, pair.occurrence), (pair.also_occasion, pair.also_occurrence)]
    keys = [key for occasion, occurrence in said if (key := theme_of(occasion, occurrence)[1])]
    kinds = [o.split(":")[1] for occasion, o in said if occasion is Occasion.ANNIVERSARY]
    return {
        "salutation": salutations.salute(pair.name, pair.gender),
        "name": salutations.say_name(pair.name),
        "festival": "、".join(festivals.get(key, "") for key in keys),
        "anniversary": "、".join(name_of_day(kind, "") for kind in kinds),
    }
