"""Drafts of policies, their simulation, and their approval by a second person."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLES = (
    "policy_drafts",
    "policy_simulations",
    "policy_simulation_contacts",
    "policy_simulation_customers",
)


def upgrade() -> None:
    _create_drafts()
    _create_simulations()
    _create_simulated_contacts()
    _create_simulated_customers()
    _let_settled_drafts_stay()


def _create_drafts() -> None:
    op.create_table(
        "policy_drafts",
        sa.Column("policy_id", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("scope_kind", sa.String(length=32), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=False),
        sa.Column("loosens", sa.String(length=64), nullable=True),
        sa.Column("rule", DOCUMENT, nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=False),
        sa.Column("restores_number", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.String(length=64), nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=True),
        sa.Column("version_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'approved' OR settled_by_id <> author_id",
            name=op.f("ck_policy_drafts_two_people"),
        ),
        _refers("policy_drafts", "policy_id", "frequency_policies"),
        _refers("policy_drafts", "author_id", "staff"),
        _refers("policy_drafts", "settled_by_id", "staff"),
        _refers("policy_drafts", "version_id", "frequency_policy_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_drafts")),
        sa.UniqueConstraint("version_id", name=op.f("uq_policy_drafts_version_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_policy_drafts_policy_id"), "policy_drafts", ["policy_id"])
    op.create_index(op.f("ix_policy_drafts_created_at_id"), "policy_drafts", ["created_at", "id"])


def _create_simulations() -> None:
    op.create_table(
        "policy_simulations",
        sa.Column("draft_id", sa.String(length=64), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("past_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ahead_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ahead_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("coverage", DOCUMENT, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _refers("policy_simulations", "draft_id", "policy_drafts"),
        _refers("policy_simulations", "by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_simulations")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_policy_simulations_draft_id_created_at_id"),
        "policy_simulations",
        ["draft_id", "created_at", "id"],
    )


def _create_simulated_contacts() -> None:
    table = "policy_simulation_contacts"
    op.create_table(
        table,
        sa.Column("simulation_id", sa.String(length=64), nullable=False),
        sa.Column("slot_id", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("policy_key", sa.String(length=64), nullable=False),
        _refers(table, "simulation_id", "policy_simulations"),
        _refers(table, "slot_id", "contact_slots"),
        _refers(table, "customer_id", "customers"),
        sa.PrimaryKeyConstraint("simulation_id", "slot_id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f(f"ix_{table}_simulation_id_effect_at_slot_id"),
        table,
        ["simulation_id", "effect", "at", "slot_id"],
    )


def _create_simulated_customers() -> None:
    table = "policy_simulation_customers"
    op.create_table(
        table,
        sa.Column("simulation_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("free_days_before", sa.Integer(), nullable=False),
        sa.Column("free_days_after", sa.Integer(), nullable=False),
        _refers(table, "simulation_id", "policy_simulations"),
        _refers(table, "customer_id", "customers"),
        sa.PrimaryKeyConstraint("simulation_id", "customer_id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _let_settled_drafts_stay() -> None:
    """Keep who approved what and why as it was written."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER policy_drafts_no_{change.lower()} BEFORE {change} "
                "ON policy_drafts WHEN OLD.state <> 'draft' "
                "BEGIN SELECT RAISE(ABORT, 'a settled draft stays as it is'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION policy_drafts_stay() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a settled draft stays as it is'; END $$"
    )
    op.execute(
        "CREATE TRIGGER policy_drafts_stay BEFORE UPDATE OR DELETE ON policy_drafts "
        "FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION policy_drafts_stay()"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION policy_drafts_stay()")
