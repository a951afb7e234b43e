"""Whom a brief names besides the customer it is about. Plain values in, plain values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def key_persons_in(content: Mapping[str, Any]) -> set[str]:
    """Return the key persons of whom a group's brief tells, by their ids."""
    return {person["customer_id"] for person in content.get("profile", {}).get("key_persons", ())}


def is_of_one_portfolio(
    content: Mapping[str, Any], *, customer_id: str, owners: Mapping[str, str | None]
) -> bool:
    """Tell whether all whom a brief names are looked after by who looks after the customer."""
    whose = owners.get(customer_id)
    return all(owners.get(person_id) == whose for person_id in key_persons_in(content))
