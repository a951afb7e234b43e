"""The words of what is written."""

from enum import StrEnum


class Change(StrEnum):
    """What happened to a piece of a text between two versions."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class Supply(StrEnum):
    """Whether there is enough to say on an occasion."""

    DRY = "dry"  # nothing: nobody is greeted
    THIN = "thin"  # whoever is greeted for nothing else hears it all, and then nothing
    ENOUGH = "enough"


class Verdict(StrEnum):
    """Why a text would be said to somebody, or not."""

    CHOSEN = "chosen"
    FRESH = "fresh"  # another one's turn comes first
    HEARD = "heard"
    NOT_FOR_THEM = "not_for_them"
