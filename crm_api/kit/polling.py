"""Wait for something without holding a transaction meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PAUSE_SECONDS: Final = 0.2
PAUSE_FOR_EACH_SECOND: Final = 4.0  # of a glance: whoever waits leaves the database to others


def poll(
    look: Callable[[], T],
    *,
    glance: Callable[[], bool],
    is_enough: Callable[[T], bool],
    seconds: float,
) -> T:
    """Look until there is enough, for so many seconds at the most.

    Each look is a transaction of its own. In between, a glance tells when another look is worth
    it: it takes no write lock, so that those who wait cost the others nothing.
    """
    deadline = time.monotonic() + seconds
    while True:
        with transaction():
            found = look()
        if is_enough(found) or not _wait(glance, deadline):
            return found


def _wait(glance: Callable[[], bool], deadline: float) -> bool:
    pause = PAUSE_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        began = time.monotonic()
        with transaction(read_only=True):
            if glance():
                return True
        pause = max(PAUSE_SECONDS, PAUSE_FOR_EACH_SECOND * (time.monotonic() - began))
    return False
