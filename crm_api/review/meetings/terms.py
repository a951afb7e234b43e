"""The words of a meeting."""

from enum import StrEnum


class Risk(StrEnum):
    """Why a customer may be about to leave us."""

    SUSPENDED = "suspended"
    IN_ARREARS = "in_arrears"
    CONTRACT_ENDING = "contract_ending"
    PROMISE_OVERDUE = "promise_overdue"
    LEFT_WAITING = "left_waiting"
