"""When a promise is late, and what of it the customer may still count on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from datetime import date


def require_day_ahead(day: date, *, today: date) -> None:
    """Make sure that nobody promises for a day that is over.

    :raises Invalid: pointing at the day
    """
    if day < today:
        raise Invalid("/due_on", "Promise for today or a day to come.")
