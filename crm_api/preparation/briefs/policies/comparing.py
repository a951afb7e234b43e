"""What became different between two readings of a brief. Plain values in, plain values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Not digested: it changes with every minute, without anything having happened.
PASSING = ("contact_budget",)


def changed_sections(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the parts of a brief that are no longer as they were read."""
    lasting = (name for name in after if name not in PASSING)
    return sorted(name for name in lasting if before.get(name) != after[name])


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return part by part what is gone and what is new; of one record, field by field."""
    return [
        {"section": name, **_difference(_parts(before.get(name)), _parts(after[name]))}
        for name in changed_sections(before, after)
    ]


def _parts(section: Any) -> list[Any]:
    if isinstance(section, dict):
        return [{"field": name, "value": value} for name, value in sorted(section.items())]
    return section or []


def _difference(before: list[Any], after: list[Any]) -> dict[str, list[Any]]:
    return {
        "removed": [part for part in before if part not in after],
        "added": [part for part in after if part not in before],
    }
