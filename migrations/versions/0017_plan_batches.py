"""Batches of planning that processes share, and the holds of a day."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.String(length=64)
WORD = sa.String(length=32)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IN_FORCE = "lifted_at IS NULL"
IS_OPEN = "run_id IS NULL"
TABLES = (
    "care_plan_refusals",
    "care_plan_batches",
    "care_plan_rounds",
    "care_plan_runs",
    "care_day_rulings",
)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _create_rulings()
    _create_runs()
    _create_rounds()
    _create_batches()
    _create_refusals()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)


def _create_rulings() -> None:
    op.create_table(
        "care_day_rulings",
        sa.Column("kind", WORD, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("team_id", ID, nullable=False),
        sa.Column("occasion", WORD, nullable=True),
        sa.Column("template_id", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by_id", ID, nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["care_messages.id"],
            name=op.f("fk_care_day_rulings_message_id_care_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_care_day_rulings_team_id_teams")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["care_templates.id"],
            name=op.f("fk_care_day_rulings_template_id_care_templates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_day_rulings")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_care_day_rulings_in_force", "care_day_rulings", ["on_day"], **where(IN_FORCE)
    )
    op.create_index(op.f("ix_care_day_rulings_on_day_id"), "care_day_rulings", ["on_day", "id"])


def _create_runs() -> None:
    op.create_table(
        "care_plan_runs",
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("blocked", DOCUMENT, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_plan_runs")),
        sqlite_strict=True,
    )


def _create_rounds() -> None:
    op.create_table(
        "care_plan_rounds",
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("on_day", "cause", name=op.f("pk_care_plan_rounds")),
        sqlite_strict=True,
    )


def _create_batches() -> None:
    op.create_table(
        "care_plan_batches",
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("after_key", ID, nullable=True),
        sa.Column("last_key", ID, nullable=True),
        sa.Column("run_id", ID, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["on_day", "cause"],
            ["care_plan_rounds.on_day", "care_plan_rounds.cause"],
            name=op.f("fk_care_plan_batches_on_day_care_plan_rounds"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["care_plan_runs.id"],
            name=op.f("fk_care_plan_batches_run_id_care_plan_runs"),
        ),
        sa.PrimaryKeyConstraint("on_day", "cause", "number", name=op.f("pk_care_plan_batches")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_care_plan_batches_open",
        "care_plan_batches",
        ["on_day", "cause", "number"],
        **where(IS_OPEN),
    )


def _create_refusals() -> None:
    op.create_table(
        "care_plan_refusals",
        sa.Column("occurrence", sa.String(length=200), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("occasion", WORD, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("reasons_digest", sa.String(length=64), nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_care_plan_refusals_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("occurrence", name=op.f("pk_care_plan_refusals")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_plan_refusals_on_day_occurrence"),
        "care_plan_refusals",
        ["on_day", "occurrence"],
    )
