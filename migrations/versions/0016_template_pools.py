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

# What a second person approved is what customers get, for as long as there is the row.
APPROVED_AS_IT_IS = {
    "care_templates": (
        "occasion",
        "festival_key",
        "also_occasion",
        "also_festival_key",
        "category",
        "tiers",
        "styles",
    ),
    "care_template_versions": ("template_id", "number", "text"),
}


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))
    _create_forbidden_words()
    for table, kept in APPROVED_AS_IT_IS.items():
        _keep_as_it_is(table, kept)


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


def _keep_as_it_is(table: str, columns: tuple[str, ...]) -> None:
    """Have the database itself refuse another content for a template or version."""
    of = ", ".join(columns)
    if op.get_context().dialect.name == "sqlite":
        changes = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns)
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE OF {of} ON {table} WHEN {changes}"
            f" BEGIN SELECT RAISE(ABORT, '{table} stay as they were made'); END"
        )
        return
    changes = " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns)
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_other_words() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% stay as they were made', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OF {of} ON {table}"
        f" FOR EACH ROW WHEN ({changes}) EXECUTE FUNCTION refuse_other_words()"
    )


def downgrade() -> None:
    on_postgresql = op.get_context().dialect.name == "postgresql"
    for table in APPROVED_AS_IT_IS:
        op.execute(f"DROP TRIGGER {table}_stay" + (f" ON {table}" if on_postgresql else ""))
    if on_postgresql:
        op.execute("DROP FUNCTION refuse_other_words()")
    op.drop_table("forbidden_words")
    for table, columns in NEW_COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
