"""Places of customers, the rhythm of each tier, and private calendar feeds."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_places()
    _create_cadences()
    _create_feeds()


def _create_places() -> None:
    op.create_table(
        "customer_places",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)",
            name=op.f("ck_customer_places_point_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_places_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_places")),
        sqlite_strict=True,
    )
    op.create_index("ix_customer_places_customer_id_id", "customer_places", ["customer_id", "id"])


def _create_cadences() -> None:
    op.create_table(
        "contact_cadences",
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("min_days", sa.Integer(), nullable=False),
        sa.Column("target_days", sa.Integer(), nullable=False),
        sa.Column("max_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "min_days >= 0 AND min_days < target_days AND target_days < max_days",
            name=op.f("ck_contact_cadences_in_order"),
        ),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_contact_cadences")),
        sqlite_strict=True,
    )


def _create_feeds() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("shows", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_calendar_feeds_owner_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feeds_digest")),
        sa.UniqueConstraint("previous_digest", name=op.f("uq_calendar_feeds_previous_digest")),
        sqlite_strict=True,
    )
    op.create_index("ix_calendar_feeds_owner_id_id", "calendar_feeds", ["owner_id", "id"])


def downgrade() -> None:
    op.drop_table("calendar_feeds")
    op.drop_table("contact_cadences")
    op.drop_table("customer_places")
