"""Where a phone goes on, and when it is to start anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from crm_api.sync.pulling.values import NOTHING, Standing, Start, Whole, Wish
from crm_api.sync.terms import EPOCH_LENGTH

# That somebody pulls is noted so often: an idle pull writes nothing in between.
NOTED_EVERY: Final = timedelta(minutes=5)


def cursor_of(standing: Standing, seq: int) -> int:
    """Write a place in a feed as phones keep it: always above 0."""
    return standing.epoch * EPOCH_LENGTH + seq


def start_of(wish: Wish, standing: Standing) -> Start:
    """Return where a phone goes on that may pull."""
    if wish.cursor == NOTHING:
        return Start(0)
    epoch, seq = divmod(wish.cursor, EPOCH_LENGTH)
    because = _why_anew(epoch, seq, wish, standing)
    return Start(0, because) if because else Start(seq)


def _why_anew(epoch: int, seq: int, wish: Wish, standing: Standing) -> Whole | None:
    if epoch != standing.epoch:
        return Whole.OTHER_EPOCH
    if seq > standing.seq or wish.cursor > (standing.cursor or NOTHING):
        return Whole.OTHER_FEED
    is_refused = wish.cursor == standing.refused_cursor
    if seq >= standing.oldest_seq:
        return Whole.OTHER_FEED if is_refused else None
    # A page of a feed that was begun after the purge may well end below it.
    was_there = (standing.whole_since or 0) >= standing.oldest_seq
    return None if was_there and not is_refused else Whole.TOO_OLD


def refused_cursor(wish: Wish, start: Start, standing: Standing) -> int | None:
    """Return the cursor in the place of which the phone was given all anew, now or last."""
    return standing.refused_cursor if start.because is None else wish.cursor


def is_ready(
    wish: Wish, standing: Standing, *, covered: tuple[str, ...], carried: set[str], now: datetime
) -> bool:
    """Tell whether feed and phone may be answered from as they are known."""
    return (
        standing.is_active
        and carried == set(covered)
        and _is_known(wish, standing)
        and not lacks(wish, filled_version=wish.schema_version, given=standing.cursor or NOTHING)
        and _was_just_seen(standing, now=now)
    )


def _is_known(wish: Wish, standing: Standing) -> bool:
    known = (standing.app_version, standing.schema_version, standing.filled_version)
    is_same = known == (wish.app_version, wish.schema_version, wish.schema_version)
    return is_same and standing.revoked_at is None and standing.seen_epoch == standing.epoch


def _was_just_seen(standing: Standing, *, now: datetime) -> bool:
    seen = standing.last_seen_at
    return seen is not None and timedelta() <= now - seen < NOTED_EVERY


def lacks(wish: Wish, *, filled_version: int, given: int) -> bool:
    """Tell whether a phone lacks old records of what its app has since learned to keep.

    The pages of one migration all name it: those after the first bring the cursor last given.
    """
    if wish.cursor == NOTHING or filled_version == 0:
        return False
    is_again = wish.migrates_from is not None and wish.cursor < given
    return wish.schema_version > filled_version or is_again
