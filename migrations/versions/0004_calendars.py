"""Let the organisation add festivals and the year's make-up workdays."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "festivals",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("term", sa.Text(), nullable=True),
        sa.Column("tone", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(term IS NULL) = (month IS NOT NULL AND day IS NOT NULL)",
            name=op.f("ck_festivals_one_date"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_festivals")),
        sqlite_strict=True,
    )
    op.create_table(
        "arrangements",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_arrangements")),
        sqlite_strict=True,
    )
    op.create_table(
        "arranged_days",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year"],
            ["arrangements.year"],
            name=op.f("fk_arranged_days_year_arrangements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("year", "on", name=op.f("pk_arranged_days")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_arranged_days_on"), "arranged_days", ["on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_arranged_days_on"), table_name="arranged_days")
    op.drop_table("arranged_days")
    op.drop_table("arrangements")
    op.drop_table("festivals")
