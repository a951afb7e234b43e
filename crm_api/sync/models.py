"""Feeds, one for each account manager, and what is known of the phones that read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import MOVES, STAYS
from crm_api.kit.types import Json, RecordId, enum_column
from crm_api.sync.terms import Op, Pushed


class Feed(Model):
    """Where a subscriber's feed stands: the counter that numbers its rows.

    Locked from numbering to commit, so that numbers become visible in their order. A feed that no
    phone reads is not active: writers lock it and add nothing; the first pull fills it.
    """

    __tablename__ = "sync_feeds"

    subscriber_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), primary_key=True, info=STAYS
    )
    seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # Cursors below are too old: tombstones up to here were purged, or the feed was made anew.
    oldest_seq: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    is_active: Mapped[bool] = mapped_column(default=False)


class FollowedCover(Model):
    """A portfolio that a feed carries besides the subscriber's own, until the cover ends."""

    __tablename__ = "sync_followed_covers"
    __table_args__ = (sa.Index(None, "absent_id"),)

    subscriber_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("sync_feeds.subscriber_id"), primary_key=True, info=STAYS
    )
    absent_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), primary_key=True, info=STAYS
    )


class FeedRow(Model):
    """The latest word of a feed on one record."""

    __tablename__ = "sync_feed_rows"
    __table_args__ = (
        sa.Index("ix_sync_feed_rows_seq", "subscriber_id", "seq", "table_name", "record_id", "op"),
        sa.Index(None, "record_id", "table_name"),
    )

    subscriber_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("sync_feeds.subscriber_id"), primary_key=True, info=STAYS
    )
    table_name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    op: Mapped[Op] = mapped_column(enum_column(Op))
    changed_at: Mapped[datetime]


class Epoch(Model):
    """An age of the server's data. A restored backup begins another one."""

    __tablename__ = "sync_epochs"

    number: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    # What phones sent after this moment is lost here, and stands only on them.
    restored_to: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(default="")


class Phone(Model):
    """A device that syncs for somebody, and what it last said of itself."""

    __tablename__ = "sync_phones"

    staff_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), primary_key=True, info=STAYS
    )
    device_id: Mapped[RecordId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), default="")
    app_version: Mapped[str] = mapped_column(sa.String(32), default="")
    schema_version: Mapped[int]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    last_pulled_at: Mapped[datetime | None]
    last_pushed_at: Mapped[datetime | None]
    # The newest cursor that was given to it: a greater one is another phone's.
    cursor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # Where its feed began when it was last answered from the start: what was purged before then
    # it never had.
    whole_since: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    # The cursor in the place of which it was last given everything anew. Where it comes with that
    # one again, the answer did not arrive.
    refused_cursor: Mapped[int | None] = mapped_column(sa.BigInteger)
    # The schema version whose tables and columns it was given old records for.
    filled_version: Mapped[int] = mapped_column(default=0)
    # The epoch of which it said that it knows of the restored backup.
    seen_epoch: Mapped[int] = mapped_column(default=1)
    # The epoch of which it was told: to know of another one by that number would not do.
    told_epoch: Mapped[int] = mapped_column(default=1)
    skew_ms: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))


class Receipt(Model):
    """What a phone last pushed of a record, so that a repeat is known for one."""

    __tablename__ = "sync_receipts"
    __table_args__ = (sa.Index(None, "received_at"),)

    staff_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), primary_key=True, info=STAYS
    )
    device_id: Mapped[RecordId] = mapped_column(primary_key=True)
    table_name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    received_at: Mapped[datetime]


class PushReply(Model):
    """The answer to a push, kept under its idempotency key for as long as a phone may retry."""

    __tablename__ = "sync_push_replies"
    __table_args__ = (sa.Index(None, "created_at"),)

    staff_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), primary_key=True, info=STAYS
    )
    device_id: Mapped[RecordId] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    body_digest: Mapped[str] = mapped_column(sa.String(64))
    reply: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class SyncIssue(Versioned, Model):
    """What a phone sent and the server would not take, kept with its content until somebody looks.

    It belongs to whoever pushed it. Where it concerns a customer whom they may still see, their
    managers see it as well.
    """

    __tablename__ = "sync_issues"
    __table_args__ = (
        sa.Index(None, "staff_id", "created_at", "id"),
        sa.Index(None, "created_at", "id"),
        sa.Index(None, "customer_id"),
    )

    staff_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"), info=STAYS)
    device_id: Mapped[RecordId]
    table_name: Mapped[str] = mapped_column(sa.String(32))
    record_id: Mapped[RecordId]
    op: Mapped[Pushed] = mapped_column(enum_column(Pushed))
    customer_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    code: Mapped[str] = mapped_column(sa.String(64))
    field: Mapped[str | None] = mapped_column(sa.String(64))
    message: Mapped[str]
    content: Mapped[Any] = mapped_column(Json)
    next_allowed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    settled_how: Mapped[str | None]
