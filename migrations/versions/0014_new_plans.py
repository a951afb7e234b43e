"""What needs a new plan, and what a number hears once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TAKEN = "state IN ('held', 'reserved', 'in_flight', 'uncertain', 'consumed')"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _create_recheck_runs()
    _create_customers_to_recheck()
    op.add_column("contact_slots", sa.Column("said_once", sa.String(length=200), nullable=True))
    op.create_index(
        "ix_contact_slots_to_replan",
        "contact_slots",
        ["effective_at", "id"],
        **where("needs_new_plan AND state IN ('held', 'reserved')"),
    )
    op.create_index(
        "ix_contact_slots_to_replan_customer_id",
        "contact_slots",
        ["customer_id"],
        **where("needs_new_plan AND state IN ('held', 'reserved')"),
    )
    op.create_index(
        "ix_contact_slots_said_once",
        "contact_slots",
        ["endpoint", "said_once"],
        **where(f"said_once IS NOT NULL AND {TAKEN}"),
    )


def _create_recheck_runs() -> None:
    op.create_table(
        "recheck_runs",
        sa.Column("stamp", sa.String(length=64), nullable=False),
        sa.Column("place_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("place_id", sa.String(length=64), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("marked", sa.Integer(), nullable=False),
        sa.Column("cleared", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recheck_runs")),
        sqlite_strict=True,
    )


def _create_customers_to_recheck() -> None:
    op.create_table(
        "customers_to_recheck",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customers_to_recheck_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customers_to_recheck")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_index("ix_contact_slots_said_once", "contact_slots")
    op.drop_index("ix_contact_slots_to_replan_customer_id", "contact_slots")
    op.drop_index("ix_contact_slots_to_replan", "contact_slots")
    op.drop_column("contact_slots", "said_once")
    op.drop_table("customers_to_recheck")
    op.drop_table("recheck_runs")
