"""Words by tier and style, and the words that are forbidden."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
NEW_COLUMNS: dict[str, dict[str, sa.types.TypeEngine[Any]]] = {
    "care_templates": {"tiers": DOCUMENT, "styles": DOCUMENT, "retired_at": MOMENT},
    "care_template_versions": {
        "ended_by_id": sa.String(length=64),
        "ended_at": MOMENT,
        "ended_because": sa.Text(),
    },
}


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _create_forbidden_words()


def _create_forbidden_words() -> None:
    op.create_table(
        "forbidden_words",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forbidden_words")),
        sa.UniqueConstraint("folded", name=op.f("uq_forbidden_words_folded")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("forbidden_words")
    for table, columns in NEW_COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
