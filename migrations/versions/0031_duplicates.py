"""Keep who looks like whom, and what was decided about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_BORN = sa.text("birth_on IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_customers_name_birth_on",
        "customers",
        ["name", "birth_on"],
        sqlite_where=IS_BORN,
        postgresql_where=IS_BORN,
    )
    op.create_table(
        "customer_duplicates",
        sa.Column("first_id", sa.String(length=64), nullable=False),
        sa.Column("second_id", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("dismissed_by_id", sa.String(length=64), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissal_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_customer_duplicates_in_order")),
        *(
            sa.ForeignKeyConstraint(
                [name], [f"{table}.id"], name=op.f(f"fk_customer_duplicates_{name}_{table}")
            )
            for name, table in (
                ("first_id", "customers"),
                ("second_id", "customers"),
                ("dismissed_by_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_duplicates")),
        sa.UniqueConstraint(
            "first_id", "second_id", name=op.f("uq_customer_duplicates_first_id_second_id")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_duplicates_second_id"), "customer_duplicates", ["second_id"])
    op.create_index(
        op.f("ix_customer_duplicates_state_score_id"),
        "customer_duplicates",
        ["state", "score", "id"],
    )


def downgrade() -> None:
    op.drop_table("customer_duplicates")
    op.drop_index("ix_customers_name_birth_on", "customers")
