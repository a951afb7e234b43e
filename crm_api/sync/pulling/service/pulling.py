"""Pull: let the phone in, find where it goes on, give it the next page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.errors import Unauthenticated
from crm_api.kit.transactions import LoneWrite, end_reading, writing_apart
from crm_api.sync.feeding import service as feeding
from crm_api.sync.models import Phone
from crm_api.sync.phones import service as phones
from crm_api.sync.pulling import policies, queries
from crm_api.sync.pulling.values import Page, Start, Whole
from crm_api.sync.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pulling.values import Standing, Wish

NOTICES = {
    Whole.OTHER_EPOCH: "The server was restored from a backup: here is all that it knows.",
    Whole.OTHER_FEED: "The cursor was given to another phone: here is all that is yours.",
    Whole.TOO_OLD: "You were away for so long that what went is forgotten: here is all there is.",
}

_phones: Any = Phone.__table__
_KEPT = LoneWrite(
    sa.update(_phones)
    .where(
        _phones.c.staff_id == sa.bindparam("its_owner"),
        _phones.c.device_id == sa.bindparam("its_device"),
    )
    .values(
        {
            name: sa.bindparam(f"new_{name}", type_=_phones.c[name].type)
            for name in ("cursor", "whole_since", "refused_cursor", "last_pulled_at")
        }
    )
)


def pull(wish: Wish, *, by: Actor, known: list[Sequence[Any]], now: datetime) -> dict[str, Any]:
    """Return what changed since the phone's cursor, or all anew where that cannot be told.

    A pull that finds nothing needs no more than what is known of who calls, and writes nothing. A
    cursor is given once it is kept: a greater one is another phone's.

    :raises DeviceRevoked: if the phone was turned away
    :raises UpgradeRequired: if its app is too old
    :raises ServerRestored: if it may hold what a restored backup lost
    """
    standing, carried = queries.standing_in(known)
    if standing is None or not policies.is_ready(
        wish, standing, covered=by.covers, carried=carried, now=now
    ):
        standing = _prepare(wish, by=by, now=now)
    start = policies.start_of(wish, standing)
    if start.because is None and wish.cursor == policies.cursor_of(standing, standing.seq):
        return _told(_nothing(wish, standing), start, standing, now=now)
    page, start, standing = _read(wish, start, standing, by=by, now=now)
    _keep_cursor(page, start, standing, wish, by=by, now=now)
    return _told(page, start, standing, now=now)


def _read(
    wish: Wish, start: Start, standing: Standing, *, by: Actor, now: datetime
) -> tuple[Page, Start, Standing]:
    """Read the page, and where the feed stood just then: it may have been purged meanwhile.

    None ends where the phone was refused to go on: coming with that cursor, it would be one that
    lost the page and one that has it.
    """

    def read(after: int) -> Page:
        return queries.find_page(
            by.id, after=after, limit=wish.limit, schema_version=wish.schema_version
        )

    page = read(start.seq)
    standing = standing._replace(oldest_seq=page.oldest_seq)
    now_from = policies.start_of(wish, standing)
    page = page if now_from == start else read(now_from.seq)
    if policies.cursor_of(standing, page.seq) == policies.refused_cursor(wish, now_from, standing):
        with writing_apart():
            feeding.vacate(by.id, page.seq, now=now)
        return _read(wish, now_from, standing, by=by, now=now)
    return page, now_from, standing


def _nothing(wish: Wish, standing: Standing) -> Page:
    changes: dict[str, dict[str, list[Any]]] = {
        name: {"created": [], "updated": [], "deleted": []}
        for name in queries.tables_of(wish.schema_version)
    }
    return Page(changes, standing.seq, standing.oldest_seq)


def _told(page: Page, start: Start, standing: Standing, *, now: datetime) -> dict[str, Any]:
    answer = {
        "changes": page.changes,
        "timestamp": policies.cursor_of(standing, page.seq),
        "has_more": page.has_more,
        "server_time": int(now.timestamp() * 1000),
        "notices": [],
    }
    if start.because is None:
        return answer
    notice = {"code": start.because, "message": NOTICES[start.because]}
    return answer | {"experimentalStrategy": "replacement", "notices": [notice]}


def _prepare(wish: Wish, *, by: Actor, now: datetime) -> Standing:
    """Let the phone in, and bring its feed to where it can be read."""
    with writing_apart():
        _bring_up_to_date(wish, by=by, now=now)
    end_reading()
    standing = queries.find_standing(by, now=now)
    if standing is None:  # a feed that was prepared stays: the sign-in ended meanwhile
        raise Unauthenticated
    return standing


def _bring_up_to_date(wish: Wish, *, by: Actor, now: datetime) -> None:
    phone = phones.see_phone(
        by,
        device_id=wish.device_id,
        app_version=wish.app_version,
        schema_version=wish.schema_version,
        cursor=wish.cursor,
        restore_seen=wish.restore_seen,
        now=now,
    )
    feeding.activate(by.id, covers=by.covers, now=now)
    feeding.follow_covers(by.id, by.covers, now=now)
    if policies.lacks(wish, filled_version=phone.filled_version, given=phone.cursor):
        _fill(by.id, wish, filled_version=phone.filled_version, now=now)
    phone.filled_version, phone.last_pulled_at = wish.schema_version, now


def _fill(subscriber_id: str, wish: Wish, *, filled_version: int, now: datetime) -> None:
    """Have the feed tell again of all records in tables that the app has since learned of.

    As rows like any others, so that they come in pages. Other phones get them once more as well.
    """
    feeding.reconcile_feed(subscriber_id, now=now)
    old = min(filled_version, wish.migrates_from or filled_version)
    for name, table in TABLES.items():
        learned = {table.since, *(column.since for column in table.columns)}
        if any(old < version <= wish.schema_version for version in learned):
            held = queries.records_in_feed(subscriber_id, table=name)
            feeding.deliver_again(subscriber_id, table=name, record_ids=held, now=now)


def _keep_cursor(
    page: Page, start: Start, standing: Standing, wish: Wish, *, by: Actor, now: datetime
) -> None:
    """Remember what the phone is about to be given.

    A cursor that was lost with the power costs its phone one answer in full.
    """
    cursor = policies.cursor_of(standing, page.seq)
    _KEPT.run(
        its_owner=by.id,
        its_device=wish.device_id,
        new_cursor=cursor,
        new_whole_since=standing.oldest_seq if start.seq == 0 else standing.whole_since,
        new_refused_cursor=policies.refused_cursor(wish, start, standing),
        new_last_pulled_at=now,
    )
