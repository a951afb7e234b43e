"""Files: announced, received in pieces, kept once by content; and what they are to a visit."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "discarded_contents",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_discarded_contents"),
        sqlite_strict=True,
    )
    op.create_table(
        "stored_files",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("thumbnail_key", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stored_files"),
        sa.UniqueConstraint("digest", name="uq_stored_files_digest"),
        sa.UniqueConstraint("key", name="uq_stored_files_key"),
        sa.UniqueConstraint("thumbnail_key", name="uq_stored_files_thumbnail_key"),
        sqlite_strict=True,
    )
    op.create_table(
        "attachments",
        sa.Column("uploaded_by_id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("refused_because", sa.String(length=32), nullable=True),
        sa.Column("stored_file_id", sa.String(length=64), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'kept') = (stored_file_id IS NOT NULL)",
            name="ck_attachments_kept_has_its_file",
        ),
        sa.ForeignKeyConstraint(
            ["stored_file_id"],
            ["stored_files.id"],
            name="fk_attachments_stored_file_id_stored_files",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["staff.id"], name="fk_attachments_uploaded_by_id_staff"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_attachments_loose",
        "attachments",
        ["uploaded_by_id", "created_at"],
        sqlite_where=sa.text("attached_at IS NULL"),
        postgresql_where=sa.text("attached_at IS NULL"),
    )
    op.create_index("ix_attachments_stored_file_id", "attachments", ["stored_file_id"])
    op.create_index(
        "ix_attachments_uploaded_by_id_created_at_id",
        "attachments",
        ["uploaded_by_id", "created_at", "id"],
    )
    op.create_table(
        "attachment_pieces",
        sa.Column("attachment_id", sa.String(length=64), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name="fk_attachment_pieces_attachment_id_attachments",
        ),
        sa.PrimaryKeyConstraint("attachment_id", "start", name="pk_attachment_pieces"),
        sa.UniqueConstraint("key", name="uq_attachment_pieces_key"),
        sqlite_strict=True,
    )
    op.create_index("ix_attachment_pieces_created_at", "attachment_pieces", ["created_at"])
    op.create_table(
        "visit_attachments",
        sa.Column("attachment_id", sa.String(length=64), nullable=False),
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name="fk_visit_attachments_attachment_id_attachments",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name="fk_visit_attachments_by_id_staff"),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name="fk_visit_attachments_visit_id_visits"
        ),
        sa.PrimaryKeyConstraint("attachment_id", name="pk_visit_attachments"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_visit_attachments_visit_id_created_at_attachment_id",
        "visit_attachments",
        ["visit_id", "created_at", "attachment_id"],
    )


def downgrade() -> None:
    op.drop_table("visit_attachments")
    op.drop_table("attachment_pieces")
    op.drop_table("attachments")
    op.drop_table("stored_files")
    op.drop_table("discarded_contents")
