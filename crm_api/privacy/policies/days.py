"""When an erasure may be done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api.kit.errors import Invalid

if TYPE_CHECKING:
    from datetime import date

# The law asks for it without delay: later than this is not what the customer asked for.
LATEST = timedelta(days=30)


def require_days(*, asked_on: date, erase_on: date, today: date) -> None:
    """Make sure that a request was made, and is to be followed soon.

    :raises Invalid: if not
    """
    if asked_on > today:
        raise Invalid("/asked_on", "Give a day that has come.")
    if not today <= erase_on <= today + LATEST:
        raise Invalid("/erase_on", f"Choose today, or a day in the next {LATEST.days}.")
