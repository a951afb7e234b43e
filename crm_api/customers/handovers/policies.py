"""How the rest of a portfolio is dealt, over plain values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crm_api.customers.terms import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RANK = {tier: rank for rank, tier in enumerate(Tier)}


def deal(
    customers: Iterable[tuple[str, str | None, Tier]], *, receivers: Sequence[str]
) -> dict[str, str]:
    """Deal customers, given with their person and tier, to those who share them alike.

    Who are one person stay together. From the highest tier down each goes to whoever has the fewest
    of that tier, then the fewest, then comes first: dealt twice, they are dealt alike.
    """
    persons: dict[str, list[tuple[str, Tier]]] = {}
    for customer_id, person_id, tier in sorted(customers):
        persons.setdefault(person_id or customer_id, []).append((customer_id, tier))
    of_tier: Counter[tuple[str, Tier]] = Counter()
    in_all: Counter[str] = Counter()
    dealt: dict[str, str] = {}
    for members in sorted(persons.values(), key=_weight):
        tier = max((tier for _, tier in members), key=RANK.__getitem__)
        load = {one: (of_tier[one, tier], in_all[one]) for one in receivers}
        receiver = min(receivers, key=load.__getitem__)
        of_tier[receiver, tier] += len(members)
        in_all[receiver] += len(members)
        dealt |= {customer_id: receiver for customer_id, _ in members}
    return dealt


def _weight(members: Sequence[tuple[str, Tier]]) -> tuple[int, str]:
    return -max(RANK[tier] for _, tier in members), members[0][0]
