"""Overrides, and the governor's alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _create_contact_overrides()
    _create_governor_audits()
    _create_governor_alerts()
    op.add_column("contact_slots", sa.Column("override_id", sa.String(length=64), nullable=True))
    op.create_index(
        "uq_contact_slots_override_id",
        "contact_slots",
        ["override_id"],
        unique=True,
        sqlite_where=sa.text("override_id IS NOT NULL"),
        postgresql_where=sa.text("override_id IS NOT NULL"),
    )


def _create_contact_overrides() -> None:
    op.create_table(
        "contact_overrides",
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("moves_slot_id", sa.String(length=64), nullable=True),
        sa.Column("waives", DOCUMENT, nullable=False),
        sa.Column("overridable_by", DOCUMENT, nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approved_by_id", sa.String(length=64), nullable=True),
        sa.Column("approver_role", sa.String(length=32), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approval_reason", sa.Text(), nullable=True),
        sa.Column("ended_by_id", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("slot_id", sa.String(length=64), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approved_by_id <> asked_by_id", name=op.f("ck_contact_overrides_two_persons")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["contact_decisions.id"],
            name=op.f("fk_contact_overrides_decision_id_contact_decisions"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_contact_overrides_customer_id_customers"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["staff.id"], name=op.f(f"fk_contact_overrides_{column}_staff")
            )
            for column in ("asked_by_id", "approved_by_id", "ended_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_overrides")),
        sqlite_strict=True,
    )
    for columns in (
        ["customer_id", "created_at", "id"],
        ["asked_by_id", "created_at", "id"],
        ["state", "created_at", "id"],
        ["approved_by_id", "approved_at"],
    ):
        op.create_index(
            op.f(f"ix_contact_overrides_{'_'.join(columns)}"), "contact_overrides", columns
        )


def _create_governor_audits() -> None:
    op.create_table(
        "governor_audits",
        sa.Column("is_running", sa.Boolean(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("breaches", sa.Integer(), nullable=False),
        sa.Column("busy_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_governor_audits")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_governor_audits_unfinished",
        "governor_audits",
        ["is_running"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(op.f("ix_governor_audits_finished_at"), "governor_audits", ["finished_at"])


def _create_governor_alerts() -> None:
    op.create_table(
        "governor_alerts",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=300), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("policy_key", sa.String(length=64), nullable=True),
        sa.Column("allowed", sa.Integer(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=True),
        sa.Column("slot_id", sa.String(length=64), nullable=True),
        sa.Column("first_slot_id", sa.String(length=64), nullable=True),
        sa.Column("decision_id", sa.String(length=64), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.String(length=64), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_governor_alerts_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"],
            ["staff.id"],
            name=op.f("fk_governor_alerts_acknowledged_by_id_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_governor_alerts")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_governor_alerts_mark",
        "governor_alerts",
        ["mark"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        op.f("ix_governor_alerts_created_at_id"), "governor_alerts", ["created_at", "id"]
    )
    op.create_index(op.f("ix_governor_alerts_customer_id"), "governor_alerts", ["customer_id"])


def downgrade() -> None:
    op.drop_table("governor_alerts")
    op.drop_table("governor_audits")
    op.drop_index("uq_contact_slots_override_id", "contact_slots")
    op.drop_column("contact_slots", "override_id")
    op.drop_table("contact_overrides")
