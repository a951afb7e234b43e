"""The words of sync."""

from enum import StrEnum
from typing import Final

# A cursor is the epoch times this, and the number of a feed's row: phones read whole numbers.
EPOCH_LENGTH: Final = 10**12


class Op(StrEnum):
    """What a feed tells of a record: it is there as it now stands, or it is gone."""

    PUT = "put"
    GONE = "gone"


class Pushed(StrEnum):
    """What a phone did with a record."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
