"""What the day's approval may refuse."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class DayIsOver(DomainError):
    """What went out on a past day has gone, and what did not will not."""

    status = 422
    code = "care_day_over"

    def __init__(self, *, today: str) -> None:
        super().__init__("That day is over. Rule about today or a day to come.", today=today)


class RulingLifted(DomainError):
    """It was lifted before, for another reason."""

    code = "ruling_lifted"

    def __init__(self) -> None:
        super().__init__("This ruling was lifted before, for another reason. Read it again.")


class RulingFromAbove(DomainError):
    """It was made for a team above the actor's, and is lifted there."""

    status = 403
    code = "ruling_from_above"

    def __init__(self, *, team_id: str) -> None:
        super().__init__("This ruling was made above your team. Ask there.", team_id=team_id)
