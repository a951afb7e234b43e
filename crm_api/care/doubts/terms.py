"""The words of doubt."""

from enum import StrEnum


class Doubt(StrEnum):
    """Why a date is not believed."""

    PLACEHOLDER = "placeholder"  # what systems write when nobody told them
    MASS = "mass"  # one of far too many birthdays on 1 January
