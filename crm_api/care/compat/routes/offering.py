"""Offer messages, each step in a transaction of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.care.compat import service
from crm_api.kit import clock
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.care.compat.values import Offer

MOST_TRIES: Final = 5


def offer(
    most: int,
    *,
    worker: str,
    gateway_id: str,
    is_fit: Callable[[Offer], bool] = lambda _: True,
    confirm: Callable[[], None] = lambda: None,
) -> list[Offer]:
    """Lease and begin until something may go, or nothing is left that could.

    The lease locks messages, and begin their customers before them: in one transaction the two
    might wait in a ring. What the product could not send is leased and never begun, so that it
    ends as poison. `confirm` may undo a begin by what it raises.
    """
    begun: list[Offer] = []
    for _ in range(MOST_TRIES):
        with transaction():
            leased = service.lease_offers(
                most, worker=worker, gateway_id=gateway_id, now=clock.now()
            )
        fit = [one for one in leased if is_fit(one)]
        with transaction():
            begun = service.begin_offers(fit, gateway_id=gateway_id, now=clock.now())
            confirm()
        if begun or not leased:
            break
    return begun
