"""Offer messages to products that know no begin: offering is begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.care.compat.values import Offer
from crm_api.care.gateway import service as gateway
from crm_api.care.gateway.values import Held, Wish
from crm_api.care.terms import MessageState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LEASE_SECONDS: Final = 60  # begun at once; a message of which nothing came by then waits again


def lease_offers(most: int, *, worker: str, gateway_id: str, now: datetime) -> list[Offer]:
    """Take a few messages for a product.

    What it began before is not among them: a product of this kind cannot say what became of it.
    """
    wish = Wish(most=most, lease_seconds=LEASE_SECONDS, worker=worker)
    hand = gateway.lease_messages(wish, gateway_id=gateway_id, now=now)
    return [Offer.of(leased) for leased in hand.leased]


def begin_offers(offers: Sequence[Offer], *, gateway_id: str, now: datetime) -> list[Offer]:
    """Bind to a product what the governor lets through, and return that.

    Call it in a transaction after the lease's own: it locks the customers before their messages.
    """
    if not offers:
        return []
    held = [Held(id=offer.id, lease_token=offer.lease_token) for offer in offers]
    answers = gateway.begin_messages(held, gateway_id=gateway_id, now=now)
    begun = {answer.id for answer in answers if answer.state is MessageState.SUBMITTING}
    return [offer for offer in offers if offer.id in begun]
