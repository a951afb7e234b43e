"""Offer messages to products that know no begin: offering is begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.care.compat import queries
from crm_api.care.compat.values import InHand, Offer
from crm_api.care.gateway import service as gateway
from crm_api.care.gateway.values import Held, Wish
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.queries.opening import open_until
from crm_api.customers.terms import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MOST_IN_HAND: Final = 10
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


def room_of(gateway_id: str, *, now: datetime) -> int:
    """Return how many more messages a product may be offered: a few at a time.

    What it has kept too long does not stand in the way: it is a doubt, and not offered again.
    """
    return max(0, MOST_IN_HAND - queries.count_in_hand(gateway_id, now=now))


def offers_in_hand(gateway_id: str, *, now: datetime) -> list[InHand]:
    """Return what a product was offered and has not answered, in the order of the offers.

    For a product that knows a message when it sees it again. What may not go out any more, because
    of an opt-out or the hour, is not offered again.
    """
    found = queries.messages_in_hand(gateway_id, now=now)
    if not found:
        return []
    allowed = contact_frequency.still_allowed([message.slot_id for message in found])
    closing = open_until(Channel.SMS, now=now)
    return [
        InHand(
            id=message.id,
            to=message.number,
            text=message.text,
            created_at=message.created_at,
            valid_until=min(message.send_before, closing[message.category]),
        )
        for message in found
        if message.slot_id in allowed and message.category in closing
    ]
