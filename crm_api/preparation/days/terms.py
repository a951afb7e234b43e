"""The words of a day's plan."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why somebody should be visited."""

    OVERDUE = "overdue"
    DUE = "due"
    RECENT = "recent"
    PROMISE = "promise"
    FOLLOW_UP = "follow_up"
    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    LIFE_EVENT = "life_event"
    CONTRACT_ENDING = "contract_ending"
    TIER = "tier"


class LeftOut(StrEnum):
    """Why somebody has no place in a day's round."""

    BLOCKED = "blocked"
    CROWDED_OUT = "crowded_out"
    BLOCKED_BESIDE = "blocked_beside"
