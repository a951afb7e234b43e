"""Promises that move and come before the manager; the library of what is said at the door."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ID = sa.String(length=64)
MOMENT = sa.DateTime(timezone=True)
STRICT = {"sqlite_strict": True}
STILL_OPEN = sa.text("kept_at IS NULL AND withdrawn_at IS NULL")
IN_USE = sa.text("status = 'approved'")
TOLD_BY = ("contact_id", "kept_contact_id")
# All but the words and the content, which the law may ask to take out.
OF_A_CHANGE = ("id", "promise_id", "kind", "by_id", "before_on", "after_on", "created_at")
OF_A_BRIEF = ("id", "visit_id", "digest", "by_id", "created_at")
OF_AN_ENTRY = ("name", "kind", "situation", "style")
OF_A_VERSION = ("entry_id", "number", "text", "do", "avoid", "proposed_by_id")


def upgrade() -> None:
    _extend_promises()
    _create_promise_changes()
    _create_library()
    other = "CAST(NEW.content AS TEXT) NOT IN ('{}', CAST(OLD.content AS TEXT))"
    _keep_as_it_is("briefs", OF_A_BRIEF, unless=other)


def _extend_promises() -> None:
    with op.batch_alter_table("promises", table_kwargs=STRICT) as batch:
        batch.alter_column("visit_id", existing_type=ID, nullable=True)
        for column in TOLD_BY:
            batch.add_column(sa.Column(column, ID, nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_promises_{column}_contacts"), "contacts", [column], ["id"]
            )
        batch.add_column(sa.Column("kept_attachment_id", ID, nullable=True))
        batch.add_column(sa.Column("moved_from_on", sa.Date(), nullable=True))
        for column in ("withdrawn_at", "escalated_at", "answered_at"):
            batch.add_column(sa.Column(column, MOMENT, nullable=True))
        for column in ("withdrawn_because", "answer"):
            batch.add_column(sa.Column(column, sa.Text(), nullable=True))
    op.create_index(
        "ix_promises_open",
        "promises",
        ["due_on", "id"],
        sqlite_where=STILL_OPEN,
        postgresql_where=STILL_OPEN,
    )


def _create_promise_changes() -> None:
    table = "promise_changes"
    op.create_table(
        table,
        sa.Column("promise_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("before_on", sa.Date(), nullable=True),
        sa.Column("after_on", sa.Date(), nullable=True),
        sa.Column("is_agreed", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _refers(table, "promise_id", "promises"),
        _refers(table, "by_id", "staff"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f(f"ix_{table}_promise_id_created_at_id"), table, ["promise_id", "created_at", "id"]
    )
    _keep_as_it_is(table, OF_A_CHANGE, unless="NEW.words <> '' AND NEW.words <> OLD.words")
    _keep(table)


def _create_library() -> None:
    op.create_table(
        "library_entries",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("situation", sa.String(length=32), nullable=False),
        sa.Column("style", sa.String(length=32), nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_entries")),
        sa.UniqueConstraint("name", name=op.f("uq_library_entries_name")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_library_entries_situation_kind"), "library_entries", ["situation", "kind"]
    )
    table = "library_versions"
    op.create_table(
        table,
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("do", DOCUMENT, nullable=False),
        sa.Column("avoid", DOCUMENT, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("proposed_by_id", ID, nullable=False),
        sa.Column("approved_by_id", ID, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("ended_by_id", ID, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "status <> 'approved'"
            " OR (approved_by_id IS NOT NULL AND approved_by_id <> proposed_by_id)",
            name=op.f(f"ck_{table}_approved_by_a_second_person"),
        ),
        _refers(table, "entry_id", "library_entries"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("entry_id", "number", name=op.f(f"uq_{table}_entry_id_number")),
        sqlite_strict=True,
    )
    op.create_index(op.f(f"ix_{table}_status_created_at_id"), table, ["status", "created_at", "id"])
    op.create_index(
        f"uq_{table}_in_use",
        table,
        ["entry_id"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )
    _keep_as_it_is("library_entries", OF_AN_ENTRY)
    _keep_as_it_is(table, OF_A_VERSION)


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _keep_as_it_is(table: str, columns: tuple[str, ...], *, unless: str = "") -> None:
    """Have the database itself refuse another content."""
    on_sqlite = op.get_context().dialect.name == "sqlite"
    differs = "IS NOT" if on_sqlite else "IS DISTINCT FROM"
    changes = " OR ".join(f"OLD.{c} {differs} NEW.{c}" for c in columns)
    changes += f" OR ({unless})" if unless else ""
    if on_sqlite:
        op.execute(
            f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} WHEN {changes}"
            f" BEGIN SELECT RAISE(ABORT, '{table} stay as they were made'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{table} stay as they were made'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table}"
        f" FOR EACH ROW WHEN ({changes}) EXECUTE FUNCTION {table}_stay()"
    )


def _keep(table: str) -> None:
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} stay as they were made'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_stay()"
    )


def downgrade() -> None:
    on_postgresql = op.get_context().dialect.name == "postgresql"
    op.execute("DROP TRIGGER briefs_stay" + (" ON briefs" if on_postgresql else ""))
    if on_postgresql:
        op.execute("DROP FUNCTION briefs_stay()")
    for table in ("library_versions", "library_entries", "promise_changes"):
        op.drop_table(table)
        if on_postgresql:
            op.execute(f"DROP FUNCTION {table}_stay()")
    op.drop_index("ix_promises_open", "promises")
    # Before, each promise belonged to a visit.
    op.execute("DELETE FROM promises WHERE visit_id IS NULL")
    with op.batch_alter_table("promises", table_kwargs=STRICT) as batch:
        for column in TOLD_BY:
            batch.drop_constraint(op.f(f"fk_promises_{column}_contacts"), type_="foreignkey")
        for column in (
            *TOLD_BY,
            "kept_attachment_id",
            "moved_from_on",
            "withdrawn_at",
            "escalated_at",
            "answered_at",
            "withdrawn_because",
            "answer",
        ):
            batch.drop_column(column)
        batch.alter_column("visit_id", existing_type=ID, nullable=False)
