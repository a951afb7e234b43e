"""How many birthdays on one day are too many to be true."""

from __future__ import annotations

from math import log
from typing import Final

DAYS: Final = 365.2425
# How improbable a number must be. With a test for each of a thousand teams each day, some fifty
# years would bring one false alarm; and there it costs a look at the list, not a greeting.
IMPROBABILITY: Final = log(20_000_000)


def is_mass(birthdays: int, *, on_new_years_day: int, believed: float) -> bool:
    """Tell whether far more of these people were born on 1 January than chance allows.

    Systems write 1 January where only the year was known. Some people truly keep it too, and
    registrars like round dates: up to `believed` times a day's fair share is taken for real. Beyond
    that, the count must be so high that chance brings it once in twenty million tests: Chernoff's
    bound on the tail of Poisson's distribution, which asks thirteen of a team of 200 with the
    default and, of a million, little more than the believed share itself.
    """
    expected = believed * birthdays / DAYS
    if on_new_years_day <= expected:
        return False
    surprise = on_new_years_day * log(on_new_years_day / expected) - on_new_years_day + expected
    return surprise >= IMPROBABILITY
