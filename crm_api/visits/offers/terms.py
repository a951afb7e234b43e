"""The words of offers and opportunities."""

from enum import StrEnum


class OfferState(StrEnum):
    """What the customer said to an offer."""

    MADE = "made"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class OpportunityState(StrEnum):
    """What became of an opportunity."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
