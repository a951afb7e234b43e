"""The words of calendar feeds."""

from enum import StrEnum


class Shown(StrEnum):
    """How much of a visit leaves the house in a feed."""

    TIMES = "times"
    PLACES = "places"
