"""The words of merging."""

from enum import StrEnum


class RowChange(StrEnum):
    """What a merge did to a row."""

    MOVED = "moved"
    CHANGED = "changed"
    TAKEN_AWAY = "taken_away"
    ADDED = "added"
