"""What calendars refuse."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class DayOutOfRange(DomainError):
    """The lunar tables do not reach this day."""

    status = 422
    code = "day_out_of_range"

    def __init__(self) -> None:
        super().__init__("Lunar dates are known from 1900-01-31 to 2100-12-31. Choose such a day.")


class NoSuchLunarDay(DomainError):
    """That lunar year has no such month, or the month is shorter."""

    status = 422
    code = "no_such_lunar_day"

    def __init__(self) -> None:
        super().__init__("This lunar year has no such day. Check the month's length and leap.")
