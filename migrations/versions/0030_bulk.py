"""Tags, segments, and work on many customers at once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}
OF_SEGMENT = "fk_care_day_rulings_segment_id_segments"


def upgrade() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "selection", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("task", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.String(length=64), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_bulk_jobs_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"], ["staff.id"], name=op.f("fk_bulk_jobs_cancelled_by_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_jobs")),
        sqlite_strict=True,
    )
    op.create_index("ix_bulk_jobs_by_id_id", "bulk_jobs", ["by_id", "id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "criteria", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_segments_owner_id_staff")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_segments_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_segments_owner_id"), "segments", ["owner_id"], unique=False)
    op.create_index("ix_segments_team_id_id", "segments", ["team_id", "id"], unique=False)
    op.create_table(
        "tags",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_tags_by_id_staff")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_tags_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("team_id", "folded", name=op.f("uq_tags_team_id_folded")),
        sqlite_strict=True,
    )
    op.create_table(
        "bulk_chunks",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["bulk_jobs.id"], name=op.f("fk_bulk_chunks_job_id_bulk_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_bulk_chunks")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_bulk_chunks_undone",
        "bulk_chunks",
        ["job_id", "number"],
        unique=False,
        sqlite_where=sa.text("NOT is_done"),
        postgresql_where=sa.text("NOT is_done"),
    )
    op.create_table(
        "bulk_rows",
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("cells", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_bulk_rows_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["bulk_jobs.id"], name=op.f("fk_bulk_rows_job_id_bulk_jobs")
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_bulk_rows")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_bulk_rows_customer_id"), "bulk_rows", ["customer_id"], unique=False)
    op.create_table(
        "customer_tags",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("tag_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_customer_tags_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_tags_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_customer_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("customer_id", "tag_id", name=op.f("pk_customer_tags")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_customer_tags_tag_id_customer_id",
        "customer_tags",
        ["tag_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "segment_tags",
        sa.Column("segment_id", sa.String(length=64), nullable=False),
        sa.Column("tag_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            ["segments.id"],
            name=op.f("fk_segment_tags_segment_id_segments"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_segment_tags_tag_id_tags")),
        sa.PrimaryKeyConstraint("segment_id", "tag_id", name=op.f("pk_segment_tags")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_segment_tags_tag_id"), "segment_tags", ["tag_id"], unique=False)
    op.create_table(
        "segment_versions",
        sa.Column("segment_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "criteria", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff.id"], name=op.f("fk_segment_versions_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"],
            ["segments.id"],
            name=op.f("fk_segment_versions_segment_id_segments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("segment_id", "number", name=op.f("pk_segment_versions")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("care_day_rulings", table_kwargs=STRICT) as batch:
        batch.add_column(sa.Column("segment_id", sa.String(length=64), nullable=True))
        batch.create_foreign_key(op.f(OF_SEGMENT), "segments", ["segment_id"], ["id"])
    op.create_table(
        "care_ruling_members",
        sa.Column("ruling_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_care_ruling_members_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["ruling_id"],
            ["care_day_rulings.id"],
            name=op.f("fk_care_ruling_members_ruling_id_care_day_rulings"),
        ),
        sa.PrimaryKeyConstraint("ruling_id", "customer_id", name=op.f("pk_care_ruling_members")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_ruling_members_customer_id"),
        "care_ruling_members",
        ["customer_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_care_ruling_members_customer_id"), table_name="care_ruling_members")
    op.drop_table("care_ruling_members")
    with op.batch_alter_table("care_day_rulings", table_kwargs=STRICT) as batch:
        batch.drop_constraint(op.f(OF_SEGMENT), type_="foreignkey")
        batch.drop_column("segment_id")
    op.drop_table("segment_versions")
    op.drop_index(op.f("ix_segment_tags_tag_id"), table_name="segment_tags")
    op.drop_table("segment_tags")
    op.drop_index("ix_customer_tags_tag_id_customer_id", table_name="customer_tags")
    op.drop_table("customer_tags")
    op.drop_index(op.f("ix_bulk_rows_customer_id"), table_name="bulk_rows")
    op.drop_table("bulk_rows")
    op.drop_index(
        "ix_bulk_chunks_undone",
        table_name="bulk_chunks",
        sqlite_where=sa.text("NOT is_done"),
        postgresql_where=sa.text("NOT is_done"),
    )
    op.drop_table("bulk_chunks")
    op.drop_table("tags")
    op.drop_index("ix_segments_team_id_id", table_name="segments")
    op.drop_index(op.f("ix_segments_owner_id"), table_name="segments")
    op.drop_table("segments")
    op.drop_index("ix_bulk_jobs_by_id_id", table_name="bulk_jobs")
    op.drop_table("bulk_jobs")
