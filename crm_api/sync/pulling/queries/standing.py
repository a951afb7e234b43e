"""Where a feed stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import DeviceSession, Staff
from crm_api.accounts.queries import Callers
from crm_api.kit.db import db
from crm_api.kit.straight import StraightRead, fixed
from crm_api.sync.models import Epoch, Feed, FeedRow, FollowedCover, Phone
from crm_api.sync.pulling.values import Standing
from crm_api.sync.terms import Op

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

_staff, _sessions = Staff.__table__, DeviceSession.__table__
_feeds: Any = Feed.__table__
_rows: Any = FeedRow.__table__
_phones: Any = Phone.__table__
_covers: Any = FollowedCover.__table__
_epoch = sa.func.coalesce(sa.select(sa.func.max(Epoch.number)).scalar_subquery(), fixed(1))

_is_its_phone = sa.and_(
    _phones.c.staff_id == _staff.c.id, _phones.c.device_id == _sessions.c.device_id
)
# Read with who calls: a row for each cover that the feed carries, or one without.
CALLING_PHONES = Callers(
    _feeds.c.seq,
    _feeds.c.oldest_seq,
    _feeds.c.is_active,
    _epoch,
    _phones.c.app_version,
    _phones.c.schema_version,
    _phones.c.filled_version,
    _phones.c.cursor,
    _phones.c.whole_since,
    _phones.c.refused_cursor,
    _phones.c.seen_epoch,
    _phones.c.last_seen_at,
    _phones.c.revoked_at,
    _covers.c.absent_id,
    joins=(
        (_feeds, _feeds.c.subscriber_id == _staff.c.id),
        (_phones, _is_its_phone),
        (_covers, _covers.c.subscriber_id == _staff.c.id),
    ),
)
_SEQ = StraightRead(
    sa.select(_epoch, _feeds.c.seq, _feeds.c.is_active).where(
        _feeds.c.subscriber_id == sa.bindparam("subscriber_id")
    )
)


def standing_in(known: list[Sequence[Any]]) -> tuple[Standing | None, set[str]]:
    """Return where the feed of who calls stands for the phone, and whose portfolios it carries."""
    has_feed = known[0][0] is not None
    return Standing(*known[0]) if has_feed else None, {row[-1] for row in known} - {None}


def find_standing(by: Actor, *, now: datetime) -> Standing | None:
    """Return where the feed stands by now, if they are still let in."""
    found = CALLING_PHONES.find(staff_id=by.id, session_id=by.session_id, at=now)
    return standing_in(found[1])[0] if found is not None else None


def find_seq(subscriber_id: str) -> tuple[int, int] | None:
    """Return the epoch and the newest row of a feed, if phones read it already."""
    rows = _SEQ.rows(subscriber_id=subscriber_id)
    return (rows[0][0], rows[0][1]) if rows and rows[0][2] else None


def records_in_feed(subscriber_id: str, *, table: str) -> list[str]:
    """Return the records of a table that somebody's phones have."""
    held = sa.select(_rows.c.record_id).where(
        _rows.c.subscriber_id == subscriber_id,
        _rows.c.table_name == table,
        _rows.c.op == Op.PUT,
    )
    return list(db.session.scalars(held.order_by(_rows.c.record_id)))
