"""Poll: say whether a pull would find something, once it would."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.kit import bells
from crm_api.kit.transactions import end_reading
from crm_api.sync.pulling import queries
from crm_api.sync.terms import EPOCH_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.accounts.actors import Actor


def has_news(cursor: int, *, by: Actor, seconds: float) -> bool:
    """Tell whether a pull would find something, waiting for it where there is room to wait."""
    end_reading()
    with _seat() as has_seat:
        if not has_seat:
            return _is_behind(cursor, by=by)
        with bells.hearing(by.id) as wait:
            return _wait(wait, cursor, by=by, seconds=seconds)


def _wait(wait: bells.Wait, cursor: int, *, by: Actor, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := _is_behind(cursor, by=by)):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        wait(left)
    return found


def _is_behind(cursor: int, *, by: Actor) -> bool:
    newest = queries.find_seq(by.id)
    end_reading()
    return newest is None or cursor != newest[0] * EPOCH_LENGTH + newest[1]


_seats = threading.Lock()
_taken = 0


@contextmanager
def _seat() -> Iterator[bool]:
    """Take one of the seats for those who wait: a quarter, others have to work.

    Of the threads, and of the connections: whoever hears a bell holds one, and looks with another.
    """
    global _taken  # noqa: PLW0603 - of this process
    with _seats:
        settings = config.current()
        has_seat = _taken < max(1, min(settings.threads, settings.pool_size) // 4)
        _taken += has_seat
    try:
        yield has_seat
    finally:
        with _seats:
            _taken -= has_seat
