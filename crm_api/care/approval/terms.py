"""The words of a day's approval."""

from enum import StrEnum


class RulingKind(StrEnum):
    """What a manager may say of a day's messages."""

    HOLD = "hold"
    APPROVAL = "approval"
