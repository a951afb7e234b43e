"""What a phone asks for, and what it is given."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

NOTHING: Final = 0  # the cursor of a phone that has none


class Wish(NamedTuple):
    """What a phone says of itself and asks for."""

    cursor: int
    schema_version: int
    migrates_from: int | None
    limit: int
    device_id: str
    app_version: str
    restore_seen: int | None


class Standing(NamedTuple):
    """Where a feed stands, and what is known of the phone that asks; without one, its half is None.

    Read in one statement: an idle pull needs nothing else.
    """

    seq: int
    oldest_seq: int
    is_active: bool
    epoch: int
    app_version: str | None
    schema_version: int | None
    filled_version: int | None
    cursor: int | None
    whole_since: int | None
    refused_cursor: int | None
    seen_epoch: int | None
    last_seen_at: datetime | None
    revoked_at: datetime | None
    absent_id: str | None


class Whole(StrEnum):
    """Why a phone is given everything anew in the place of what it has."""

    OTHER_EPOCH = "cursor_of_another_epoch"
    OTHER_FEED = "cursor_of_another_phone"
    TOO_OLD = "cursor_too_old"


class Start(NamedTuple):
    """After which row of its feed a phone goes on, and why it starts anew, if it does."""

    seq: int
    because: Whole | None = None


class Page(NamedTuple):
    """A part of a feed: records by table, how far it tells, and where the feed began just then."""

    changes: dict[str, dict[str, list[Any]]]
    seq: int
    oldest_seq: int
    has_more: bool = False
