"""Let two customers become one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_MERGED = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("customers", sa.Column("merged_into_id", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_customers_merged_into_id",
        "customers",
        ["merged_into_id"],
        sqlite_where=IS_MERGED,
        postgresql_where=IS_MERGED,
    )
    _create_merges()
    _create_merge_rows()


def _create_merges() -> None:
    op.create_table(
        "customer_merges",
        sa.Column("survivor_id", sa.String(length=64), nullable=False),
        sa.Column("merged_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.String(length=64), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "survivor_id <> merged_id", name=op.f("ck_customer_merges_two_customers")
        ),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], name=op.f(f"fk_customer_merges_{name}_{table}")
            )
            for name, table in (
                ("survivor_id", "customers"),
                ("merged_id", "customers"),
                ("by_id", "staff"),
                ("undone_by_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merges")),
        sqlite_strict=True,
    )
    for name in ("survivor_id", "merged_id"):
        op.create_index(
            op.f(f"ix_customer_merges_{name}_id"), "customer_merges", [name, "id"], unique=False
        )


def _create_merge_rows() -> None:
    op.create_table(
        "customer_merge_rows",
        sa.Column("merge_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("key", DOCUMENT, nullable=False),
        sa.Column("change", sa.String(length=32), nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["merge_id"],
            ["customer_merges.id"],
            name=op.f("fk_customer_merge_rows_merge_id_customer_merges"),
        ),
        sa.PrimaryKeyConstraint("merge_id", "position", name=op.f("pk_customer_merge_rows")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("customer_merge_rows")
    op.drop_table("customer_merges")
    op.drop_index("ix_customers_merged_into_id", "customers")
    op.drop_column("customers", "merged_into_id")
