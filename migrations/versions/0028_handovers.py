"""Who stands in for whom, and who hands customers over to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_covers()


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


def downgrade() -> None:
    op.drop_table("covers")
