"""What the library has for the situations of a visit, by what it is good for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.preparation.library import service as library
from crm_api.preparation.library.terms import EntryKind, Situation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.customers.terms import CommunicationStyle

SECTIONS = {
    EntryKind.OPENER: "openers",
    EntryKind.TOPIC: "topics",
    EntryKind.TOPIC_TO_AVOID: "topics_to_avoid",
    EntryKind.SCRIPT: "scripts",
    EntryKind.SOOTHING_WORDS: "soothing_words",
    EntryKind.EXPLANATION: "explanations",
}


def words_for(
    situations: Iterable[Situation], *, style: CommunicationStyle | None
) -> dict[str, list[dict[str, Any]]]:
    """Return what to say by section: in the order of the situations, what fits any at the end."""
    order = [*situations, Situation.ANY]
    found = library.suitable_words(order, style=style)
    told: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS.values()}
    for entry, version in sorted(found, key=lambda pair: order.index(pair[0].situation)):
        told[SECTIONS[entry.kind]].append(
            {
                "entry_id": entry.id,
                "number": version.number,
                "name": entry.name,
                "situation": entry.situation,
                "style": entry.style,
                "text": version.text,
                "do": version.do,
                "avoid": version.avoid,
            }
        )
    return told
