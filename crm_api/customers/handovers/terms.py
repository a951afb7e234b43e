"""The words of a handover."""

from enum import StrEnum


class HandoverState(StrEnum):
    """How far a handover has come."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    CALLED_OFF = "called_off"


class Outcome(StrEnum):
    """What became of one customer of a handover."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    PASSED_OVER = "passed_over"  # the giver's no longer when it came to it
    RECEIVER_GONE = "receiver_gone"
    RETURNED = "returned"
    KEPT = "kept"  # an undo came too late: given on since, or the giver has gone


OPEN_STATES = (HandoverState.PLANNED, HandoverState.UNDER_WAY, HandoverState.UNDOING)
