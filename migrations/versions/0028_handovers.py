"""Who stands in for whom, and who hands customers over to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_covers()
    _create_handovers()
    _create_handover_shares()
    _create_handed_customers()
    _create_handed_rows()


def _create_covers() -> None:
    staff = ("absent_id", "stand_in_id", "by_id", "ended_by_id")
    op.create_table(
        "covers",
        sa.Column("absent_id", sa.String(length=64), nullable=False),
        sa.Column("stand_in_id", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_covers_ends_after_it_starts")),
        sa.CheckConstraint("absent_id <> stand_in_id", name=op.f("ck_covers_two_people")),
        *(
            sa.ForeignKeyConstraint([name], ["staff.id"], name=op.f(f"fk_covers_{name}_staff"))
            for name in staff
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covers")),
        sqlite_strict=True,
    )
    for name in ("absent_id", "stand_in_id"):
        op.create_index(op.f(f"ix_covers_{name}_ends_at"), "covers", [name, "ends_at"])


def _create_handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("giver_id", sa.String(length=64), nullable=False),
        sa.Column("takes_effect_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("takes_rest", sa.Boolean(), nullable=False),
        sa.Column("within_team_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by_id", sa.String(length=64), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], ["staff.id"], name=op.f(f"fk_handovers_{name}_staff"))
            for name in ("giver_id", "by_id", "stopped_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["within_team_id"], ["teams.id"], name=op.f("fk_handovers_within_team_id_teams")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_handovers_giver_id_id"), "handovers", ["giver_id", "id"])
    op.create_index(
        op.f("ix_handovers_state_takes_effect_at_id"),
        "handovers",
        ["state", "takes_effect_at", "id"],
    )


def _of_handover(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_handover_id_handovers")
    return sa.ForeignKeyConstraint(["handover_id"], ["handovers.id"], name=name)


def _to_receiver(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_receiver_id_staff")
    return sa.ForeignKeyConstraint(["receiver_id"], ["staff.id"], name=name)


def _create_handover_shares() -> None:
    op.create_table(
        "handover_shares",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.String(length=64), nullable=False),
        sa.Column("takes_rest", sa.Boolean(), nullable=False),
        _of_handover("handover_shares"),
        _to_receiver("handover_shares"),
        sa.PrimaryKeyConstraint("handover_id", "position", name=op.f("pk_handover_shares")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_handover_shares_receiver_id_handover_id"),
        "handover_shares",
        ["receiver_id", "handover_id"],
    )


def _create_handed_customers() -> None:
    op.create_table(
        "handed_customers",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("receiver_id", sa.String(length=64), nullable=False),
        sa.Column("team_id_before", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        _of_handover("handed_customers"),
        _to_receiver("handed_customers"),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_handed_customers_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("handover_id", "customer_id", name=op.f("pk_handed_customers")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_handed_customers_customer_id"), "handed_customers", ["customer_id"])
    op.create_index(
        op.f("ix_handed_customers_handover_id_outcome_customer_id"),
        "handed_customers",
        ["handover_id", "outcome", "customer_id"],
    )


def _create_handed_rows() -> None:
    op.create_table(
        "handed_rows",
        sa.Column("handover_id", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=False),
        _of_handover("handed_rows"),
        sa.PrimaryKeyConstraint("handover_id", "table_name", "row_id", name=op.f("pk_handed_rows")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for name in ("handed_rows", "handed_customers", "handover_shares", "handovers"):
        op.drop_table(name)
    op.drop_table("covers")
