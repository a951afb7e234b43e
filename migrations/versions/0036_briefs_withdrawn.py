"""Note since when a brief is no phone's: it names somebody who changed hands."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("briefs", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    withdrawn = sa.text("withdrawn_at IS NOT NULL")
    op.create_index(
        "ix_briefs_withdrawn",
        "briefs",
        ["visit_id"],
        postgresql_where=withdrawn,
        sqlite_where=withdrawn,
    )


def downgrade() -> None:
    op.drop_index("ix_briefs_withdrawn", table_name="briefs")
    op.drop_column("briefs", "withdrawn_at")
