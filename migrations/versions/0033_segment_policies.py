"""Let frequency policies name a segment, and slots say by which segments they were judged."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

JUDGED_BY = sa.text("segments IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "policy_segments",
        sa.Column("policy_id", sa.String(64), nullable=False),
        sa.Column("segment_id", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["frequency_policies.id"],
            name=op.f("fk_policy_segments_policy_id_frequency_policies"),
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_policy_segments_segment_id_segments")
        ),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_policy_segments")),
        sqlite_strict=True,
    )
    op.create_index("ix_policy_segments_segment_id", "policy_segments", ["segment_id"])
    op.add_column(
        "segments", sa.Column("is_binding", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("contact_slots", sa.Column("segments", sa.Text(), nullable=True))
    op.create_index(
        "ix_contact_slots_segments",
        "contact_slots",
        ["segments"],
        sqlite_where=JUDGED_BY,
        postgresql_where=JUDGED_BY,
    )


def downgrade() -> None:
    op.drop_index("ix_contact_slots_segments", table_name="contact_slots")
    op.drop_column("contact_slots", "segments")
    op.drop_column("segments", "is_binding")
    op.drop_index("ix_policy_segments_segment_id", table_name="policy_segments")
    op.drop_table("policy_segments")
