"""What a segment may ask of a customer, as it is kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = ("joined_from", "joined_until", "contract_end_from", "contract_end_until")
TAGS = ("any_tags", "all_tags", "no_tags")


def to_document(criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Write criteria as plain JSON."""
    return {name: _plain(value) for name, value in sorted(criteria.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def from_document(document: Mapping[str, Any]) -> dict[str, Any]:
    """Read criteria back."""
    return {
        name: date.fromisoformat(value) if name in DAYS else value
        for name, value in document.items()
    }


def tags_named(criteria: Mapping[str, Any]) -> set[str]:
    """Return the ids of all tags that the criteria name."""
    return {tag_id for name in TAGS for tag_id in criteria.get(name, ())}


def years_before(day: date, *, years: int) -> date:
    """Return the same day so many years before; of 29 February, where there is none, the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
