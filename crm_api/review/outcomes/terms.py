"""What numbers of care are told apart by."""

from enum import StrEnum


class Breakdown(StrEnum):
    """One thing to tell numbers apart by."""

    TEAM = "team"
    TIER = "tier"
    OCCASION = "occasion"
    FESTIVAL = "festival"
    TEMPLATE = "template"
    VERSION = "version"
    STATE = "state"
    REASON = "reason"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


PERIODS = frozenset({Breakdown.DAY, Breakdown.WEEK, Breakdown.MONTH})
OF_REFUSALS = frozenset({Breakdown.TEAM, Breakdown.OCCASION, Breakdown.REASON, *PERIODS})
