"""Who is one person, where links say it of two at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def group_persons(
    customer_ids: Iterable[str], links: Iterable[tuple[str, str]]
) -> list[frozenset[str]]:
    """Return the customers grouped by person: whoever is linked, over however many others."""
    group_of = {customer_id: frozenset({customer_id}) for customer_id in customer_ids}
    for first, second in links:
        together = group_of[first] | group_of[second]
        group_of |= dict.fromkeys(together, together)
    return sorted(set(group_of.values()), key=min)
