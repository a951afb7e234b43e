"""Templates become texts by plain substitution: nothing in them is ever evaluated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crm_api.care.policies.salutations import LONGEST_NAME, LONGEST_SALUTATION
from crm_api.care.terms import Occasion

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_DAY_NAME: Final = 12
LONGEST_YEARS: Final = 3
LONGEST_TIER: Final = 4
FIELD: Final = re.compile(r"\{([^{}]*)\}")
# What a template may name, and how many units it takes at the most.
LONGEST: Final[dict[str, int]] = {
    "salutation": LONGEST_SALUTATION,
    "name": LONGEST_NAME,
    "festival": LONGEST_DAY_NAME,
    "anniversary": LONGEST_DAY_NAME,
    "years": LONGEST_YEARS,
    "event": LONGEST_DAY_NAME,
    "tier": LONGEST_TIER,
}
PERSONAL: Final = frozenset({"salutation", "name"})
FIELDS_OF: Final[dict[Occasion, frozenset[str]]] = {
    Occasion.BIRTHDAY: PERSONAL,
    Occasion.ANNIVERSARY: PERSONAL | {"anniversary"},
    Occasion.JOINING: PERSONAL | {"years"},
    Occasion.FESTIVAL: PERSONAL | {"festival"},
    Occasion.PROMOTION: PERSONAL,
    Occasion.LIFE_EVENT: PERSONAL | {"event"},
    Occasion.TIER_CHANGE: PERSONAL | {"tier"},
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template cut into words (even places) and the names of what goes between (odd places)."""

    pieces: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the template names, in order."""
        return self.pieces[1::2]

    def render(self, values: Mapping[str, str]) -> str:
        """Put the values in. A value is text: braces in it mean nothing."""
        pieces = list(self.pieces)
        pieces[1::2] = [values[name] for name in self.names]
        return "".join(pieces)


def compile_text(text: str) -> Compiled:
    """Cut a template's text at its placeholders."""
    return Compiled(tuple(FIELD.split(text)))


def longest_rendering(compiled: Compiled) -> str:
    """Return the text as long as any customer can make it; unknown names count as they stand."""
    values = {name: "宽" * LONGEST.get(name, len(name)) for name in compiled.names}
    return compiled.render(values)


def typical_rendering(compiled: Compiled) -> str:
    """Return the text as most customers read it: three characters for each name."""
    return compiled.render(dict.fromkeys(compiled.names, "宽" * 3))
