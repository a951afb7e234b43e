"""When and how fast: leases, retries, and the token bucket of a gateway."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

MARGIN: Final = timedelta(seconds=120)  # handed out later, a message might arrive too late
BACKOFF: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
SPREAD: Final = 0.2
MOST_RETRIES: Final = 5
MOST_IDLE_LEASES: Final = 10
SILENCE: Final = timedelta(days=1)
BURST_SECONDS: Final = 2.0
IDLE_POLL_MS: Final = 2_000
BUSY_POLL_MS: Final = 0


def retry_delay(attempt: int, *, chance: float, wished: int | None = None) -> timedelta:
    """Return how long a message waits before its next attempt.

    `chance`, from 0 to 1, spreads those that failed together. A gateway that asks for more time
    gets it; one that asks for less does not.
    """
    delay = BACKOFF[min(max(attempt, 1), len(BACKOFF)) - 1]
    delay *= 1 + SPREAD * chance
    return max(delay, timedelta(seconds=wished or 0))


def tokens_left(spent_until: float, *, now: float, rate: int) -> int:
    """Return how many messages a gateway may take at once.

    The bucket is one number: the moment up to which its rate is spent.
    """
    return max(0, int((now - max(spent_until, now - BURST_SECONDS)) * rate + 1e-6))


def spend(spent_until: float, *, taken: int, now: float, rate: int) -> float:
    """Return the moment up to which the rate is spent once these are taken."""
    return max(spent_until, now - BURST_SECONDS) + taken / rate


def next_poll_ms(*, asked: int, got: int, is_slowed: bool, rate: int) -> int:
    """Return when it is worth asking again: sooner where only the rate stood in the way."""
    if got and got >= asked:
        return BUSY_POLL_MS
    if is_slowed:
        return max(1, min(IDLE_POLL_MS, 1000 * asked // rate))
    return IDLE_POLL_MS
