"""Let phones sync: feeds, the phones that read them, receipts, issues; visits keep refusals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sync_epochs",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sync_epochs")),
        sqlite_strict=True,
    )
    op.create_table(
        "sync_feeds",
        sa.Column("subscriber_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("oldest_seq", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["staff.id"], name=op.f("fk_sync_feeds_subscriber_id_staff")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_sync_feeds")),
        sqlite_strict=True,
    )
    # Whoever works here already: later ones get theirs as they are taken on.
    op.execute(
        "INSERT INTO sync_feeds (subscriber_id, seq, oldest_seq, is_active)"
        " SELECT id, 0, 0, false FROM staff"
    )
    op.create_table(
        "sync_phones",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("app_version", sa.String(length=32), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_pulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("whole_since", sa.BigInteger(), nullable=False),
        sa.Column("filled_version", sa.Integer(), nullable=False),
        sa.Column("seen_epoch", sa.Integer(), nullable=False),
        sa.Column("told_epoch", sa.Integer(), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["staff.id"], name=op.f("fk_sync_phones_revoked_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_sync_phones_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", "device_id", name=op.f("pk_sync_phones")),
        sqlite_strict=True,
    )
    op.create_table(
        "sync_push_replies",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("reply", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_sync_push_replies_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", "device_id", "key", name=op.f("pk_sync_push_replies")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sync_push_replies_created_at"), "sync_push_replies", ["created_at"], unique=False
    )
    op.create_table(
        "sync_receipts",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_sync_receipts_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint(
            "staff_id", "device_id", "table_name", "record_id", name=op.f("pk_sync_receipts")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sync_receipts_received_at"), "sync_receipts", ["received_at"], unique=False
    )
    op.create_table(
        "sync_feed_rows",
        sa.Column("subscriber_id", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("op", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["sync_feeds.subscriber_id"],
            name=op.f("fk_sync_feed_rows_subscriber_id_sync_feeds"),
        ),
        sa.PrimaryKeyConstraint(
            "subscriber_id", "table_name", "record_id", name=op.f("pk_sync_feed_rows")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sync_feed_rows_record_id_table_name"),
        "sync_feed_rows",
        ["record_id", "table_name"],
        unique=False,
    )
    op.create_index(
        "ix_sync_feed_rows_seq",
        "sync_feed_rows",
        ["subscriber_id", "seq", "table_name", "record_id", "op"],
        unique=False,
    )
    op.create_table(
        "sync_followed_covers",
        sa.Column("subscriber_id", sa.String(length=64), nullable=False),
        sa.Column("absent_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["absent_id"], ["staff.id"], name=op.f("fk_sync_followed_covers_absent_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["sync_feeds.subscriber_id"],
            name=op.f("fk_sync_followed_covers_subscriber_id_sync_feeds"),
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "absent_id", name=op.f("pk_sync_followed_covers")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sync_followed_covers_absent_id"),
        "sync_followed_covers",
        ["absent_id"],
        unique=False,
    )
    op.create_table(
        "sync_issues",
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("op", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("next_allowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.String(length=64), nullable=True),
        sa.Column("settled_how", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_sync_issues_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["staff.id"], name=op.f("fk_sync_issues_settled_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_sync_issues_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_issues")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_sync_issues_customer_id"), "sync_issues", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_sync_issues_created_at_id"), "sync_issues", ["created_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_sync_issues_staff_id_created_at_id"),
        "sync_issues",
        ["staff_id", "created_at", "id"],
        unique=False,
    )
    op.add_column(
        "visits",
        sa.Column(
            "refused_because",
            DOCUMENT,
            nullable=True,
        ),
    )
    op.add_column("visits", sa.Column("next_allowed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visits", sa.Column("refusal_id", sa.String(length=64), nullable=True))
    op.add_column("visits", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("visits", "deleted_at")
    op.drop_column("visits", "refusal_id")
    op.drop_column("visits", "next_allowed_at")
    op.drop_column("visits", "refused_because")
    op.drop_index(op.f("ix_sync_issues_staff_id_created_at_id"), table_name="sync_issues")
    op.drop_index(op.f("ix_sync_issues_created_at_id"), table_name="sync_issues")
    op.drop_index(op.f("ix_sync_issues_customer_id"), table_name="sync_issues")
    op.drop_table("sync_issues")
    op.drop_index(op.f("ix_sync_followed_covers_absent_id"), table_name="sync_followed_covers")
    op.drop_table("sync_followed_covers")
    op.drop_index("ix_sync_feed_rows_seq", table_name="sync_feed_rows")
    op.drop_index(op.f("ix_sync_feed_rows_record_id_table_name"), table_name="sync_feed_rows")
    op.drop_table("sync_feed_rows")
    op.drop_index(op.f("ix_sync_receipts_received_at"), table_name="sync_receipts")
    op.drop_table("sync_receipts")
    op.drop_index(op.f("ix_sync_push_replies_created_at"), table_name="sync_push_replies")
    op.drop_table("sync_push_replies")
    op.drop_table("sync_phones")
    op.drop_table("sync_feeds")
    op.drop_table("sync_epochs")
