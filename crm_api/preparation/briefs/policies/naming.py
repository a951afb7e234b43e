"""Whom a brief names besides the customer it is about. Plain values in, plain values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Portfolio(NamedTuple):
    """Whose a customer is: who looks after them, and the team whose managers see them for that."""

    owner_id: str | None
    team_id: str


def key_persons_in(content: Mapping[str, Any]) -> set[str]:
    """Return the key persons of whom a group's brief tells, by their ids."""
    return {person["customer_id"] for person in content.get("profile", {}).get("key_persons", ())}


def are_of_one_portfolio(
    customer_ids: Iterable[str], *, portfolios: Mapping[str, Portfolio]
) -> bool:
    """Tell whether all of these are in one portfolio: as briefs are composed, so they are read."""
    return len({portfolios.get(customer_id) for customer_id in customer_ids}) <= 1
