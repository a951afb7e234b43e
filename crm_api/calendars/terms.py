"""The words in which days are spoken of."""

from enum import StrEnum


class Calendar(StrEnum):
    """The calendar that a person's date is kept in."""

    SOLAR = "solar"
    LUNAR = "lunar"


class DateRule(StrEnum):
    """How a festival finds its day in a year."""

    SOLAR = "solar"
    LUNAR = "lunar"
    SOLAR_TERM = "solar_term"


class Tone(StrEnum):
    """What a festival bears to be said. On a solemn one nobody is greeted."""

    JOYFUL = "joyful"
    GENTLE = "gentle"
    SOLEMN = "solemn"
