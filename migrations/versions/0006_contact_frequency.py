"""Lay the ledger: policies, slots, decisions, overruns, opt-outs, holds."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
APPEND_ONLY = (
    "frequency_policy_versions",
    "decision_frames",
    "contact_decisions",
    "contact_overruns",
)
OPEN = "state IN ('held', 'reserved', 'in_flight', 'uncertain')"
TAKEN = "state IN ('held', 'reserved', 'in_flight', 'uncertain', 'consumed')"
TAKEN_OCCURRENCE = f"occurrence IS NOT NULL AND {TAKEN}"
TAKEN_SOURCE = f"source IS NOT NULL AND {TAKEN}"
SERVES_VISIT = "visit_id IS NOT NULL"
COUNTS = "counting <> 'none'"
IN_FORCE = "lifted_at IS NULL"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _create_decision_frames()
    _create_frequency_policies()
    _create_opt_outs()
    _create_contact_decisions()
    _create_frequency_policy_versions()
    _create_contact_holds()
    _create_contact_slots()
    _create_opt_out_customers()
    _create_contact_overruns()
    _create_slot_subjects()
    for table in APPEND_ONLY:
        _refuse_changes(table)


def _create_decision_frames() -> None:
    op.create_table(
        "decision_frames",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_decision_frames")),
        sqlite_strict=True,
    )


def _create_frequency_policies() -> None:
    op.create_table(
        "frequency_policies",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("scope_kind", sa.String(length=32), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("loosens", sa.String(length=64), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frequency_policies")),
        sa.UniqueConstraint("key", name=op.f("uq_frequency_policies_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_frequency_policies_loosens"), "frequency_policies", ["loosens"])


def _create_opt_outs() -> None:
    op.create_table(
        "opt_outs",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("categories", DOCUMENT, nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=200), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_opt_outs_number", "opt_outs", ["number", "channel"], unique=True, **where(IN_FORCE)
    )


def _create_contact_decisions() -> None:
    op.create_table(
        "contact_decisions",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("slot_id", sa.String(length=64), nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frame_digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("trace", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_digest"],
            ["decision_frames.digest"],
            name=op.f("fk_contact_decisions_frame_digest_decision_frames"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_decisions")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_contact_decisions_customer_id_created_at_id"),
        "contact_decisions",
        ["customer_id", "created_at", "id"],
    )


def _create_frequency_policy_versions() -> None:
    op.create_table(
        "frequency_policy_versions",
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", DOCUMENT, nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["frequency_policies.id"],
            name=op.f("fk_frequency_policy_versions_policy_id_frequency_policies"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frequency_policy_versions")),
        sa.UniqueConstraint(
            "policy_id", "number", name=op.f("uq_frequency_policy_versions_policy_id_number")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_frequency_policy_versions_effective_from"),
        "frequency_policy_versions",
        ["effective_from"],
    )


def _create_contact_holds() -> None:
    op.create_table(
        "contact_holds",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("team_path", sa.Text(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.String(length=64), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(customer_id IS NULL) <> (team_path IS NULL)",
            name=op.f("ck_contact_holds_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_contact_holds_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_holds")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_contact_holds_customer_id", "contact_holds", ["customer_id"], **where(IN_FORCE)
    )
    op.create_index("ix_contact_holds_team_path", "contact_holds", ["team_path"], **where(IN_FORCE))


def _create_contact_slots() -> None:
    op.create_table(
        "contact_slots",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("counting", sa.String(length=32), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("endpoint", sa.String(length=32), nullable=True),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("occurrence", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.String(length=64), nullable=True),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("needs_new_plan", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("needs_look", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_contact_slots_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_slots")),
        sqlite_strict=True,
    )
    op.create_index("ix_contact_slots_open", "contact_slots", ["effective_at", "id"], **where(OPEN))
    op.create_index(
        "ix_contact_slots_visit_id", "contact_slots", ["visit_id"], **where(SERVES_VISIT)
    )
    op.create_index(
        "uq_contact_slots_occurrence",
        "contact_slots",
        ["customer_id", "occurrence"],
        unique=True,
        **where(TAKEN_OCCURRENCE),
    )
    op.create_index(
        "uq_contact_slots_source", "contact_slots", ["source"], unique=True, **where(TAKEN_SOURCE)
    )


def _create_opt_out_customers() -> None:
    op.create_table(
        "opt_out_customers",
        sa.Column("opt_out_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_opt_out_customers_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["opt_out_id"], ["opt_outs.id"], name=op.f("fk_opt_out_customers_opt_out_id_opt_outs")
        ),
        sa.PrimaryKeyConstraint("opt_out_id", "customer_id", name=op.f("pk_opt_out_customers")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_opt_out_customers_customer_id"), "opt_out_customers", ["customer_id"])


def _create_contact_overruns() -> None:
    op.create_table(
        "contact_overruns",
        sa.Column("slot_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("policy_key", sa.String(length=64), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("strength", sa.String(length=32), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("forbidden_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot_id"],
            ["contact_slots.id"],
            name=op.f("fk_contact_overruns_slot_id_contact_slots"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_overruns")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_contact_overruns_customer_id_created_at_id"),
        "contact_overruns",
        ["customer_id", "created_at", "id"],
    )
    op.create_index(
        op.f("ix_contact_overruns_slot_id_policy_key"),
        "contact_overruns",
        ["slot_id", "policy_key"],
    )


def _create_slot_subjects() -> None:
    op.create_table(
        "slot_subjects",
        sa.Column("slot_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("effective_micros", sa.BigInteger(), nullable=False),
        sa.Column("local_day", sa.Integer(), nullable=False),
        sa.Column("local_month", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("counting", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["contact_slots.id"], name=op.f("fk_slot_subjects_slot_id_contact_slots")
        ),
        sa.PrimaryKeyConstraint("slot_id", "subject_id", name=op.f("pk_slot_subjects")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_slot_subjects_counting",
        "slot_subjects",
        ["subject_id", "effective_micros"],
        **where(COUNTS),
    )


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_stay()"
    )


TABLES = (
    "decision_frames",
    "frequency_policies",
    "opt_outs",
    "contact_decisions",
    "frequency_policy_versions",
    "contact_holds",
    "contact_slots",
    "opt_out_customers",
    "contact_overruns",
    "slot_subjects",
)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_stay()")
