"""The words of case cards."""

from enum import StrEnum


class CardStatus(StrEnum):
    """How far a case card has come."""

    PROPOSED = "proposed"
    SHARED = "shared"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
