"""Keep who saw what and how each field was learned; let an approved erasure, and only that, in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.String(length=64)
WORD = sa.String(length=32)
MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_OPEN = sa.text("status IN ('requested', 'approved')")


def upgrade() -> None:
    op.add_column("customers", sa.Column("erased_at", MOMENT, nullable=True))
    _create_reveals()
    _create_sources()
    _create_erasures()
    if op.get_bind().dialect.name == "postgresql":
        _guard_on_postgresql()
    else:
        _guard_on_sqlite()


def _create_reveals() -> None:
    op.create_table(
        "customer_reveals",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("field", WORD, nullable=False),
        sa.Column("phone_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_reveals_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff.id"], name=op.f("fk_customer_reveals_by_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_reveals")),
        sqlite_strict=True,
    )
    for columns in (("by_id", "created_at"), ("customer_id", "id")):
        name = f"ix_customer_reveals_{'_'.join(columns)}"
        op.create_index(name, "customer_reveals", list(columns))


def _create_sources() -> None:
    op.create_table(
        "profile_sources",
        sa.Column("id", ID, nullable=False),
        sa.Column("fields", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["customers.id"], name=op.f("fk_profile_sources_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_sources")),
        sqlite_strict=True,
    )


def _create_erasures() -> None:
    op.create_table(
        "customer_erasures",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("team_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("erase_on", sa.Date(), nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("requested_by_id", ID, nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("blocked_by", DOCUMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "decided_by_id <> requested_by_id OR status = 'withdrawn'",
            name=op.f("ck_customer_erasures_two_persons"),
        ),
        sa.CheckConstraint(
            "status <> 'erased' OR (decided_by_id IS NOT NULL AND erased_at IS NOT NULL)",
            name=op.f("ck_customer_erasures_approved"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_erasures_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_customer_erasures_team_id_teams")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["staff.id"],
            name=op.f("fk_customer_erasures_requested_by_id_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["staff.id"],
            name=op.f("fk_customer_erasures_decided_by_id_staff"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_erasures")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_customer_erasures_open",
        "customer_erasures",
        ["customer_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(
        op.f("ix_customer_erasures_status_erase_on_id"),
        "customer_erasures",
        ["status", "erase_on", "id"],
    )


# What each append-only table lets in: one column, to one content, of a customer whose erasure two
# persons agreed and somebody carried out. Any other change is refused as before.
OF_CUSTOMER = """EXISTS (SELECT 1 FROM customer_erasures e
    WHERE e.erased_at IS NOT NULL AND e.customer_id IN (OLD.customer_id,
    (SELECT c.merged_into_id FROM customers c WHERE c.id = OLD.customer_id)))"""
OF_MESSAGE = """EXISTS (SELECT 1 FROM customer_erasures e JOIN care_messages m
    ON e.customer_id IN (m.customer_id,
    (SELECT c.merged_into_id FROM customers c WHERE c.id = m.customer_id))
    WHERE m.id = OLD.message_id AND e.erased_at IS NOT NULL)"""
# Whose records the entries of the audit speak of; `privacy/policies/inventory.py` names the same.
AUDITED = (
    "anniversaries",
    "care_messages",
    "contact_holds",
    "contact_overrides",
    "contact_slots",
    "contact_withdrawals",
    "contacts",
    "customer_erasures",
    "customer_places",
    "customer_reveals",
    "follow_ups",
    "life_events",
    "promises",
    "visits",
)
THEIRS = " UNION ALL ".join(
    f"SELECT 1 FROM {table} r WHERE r.id = OLD.subject_id AND e.customer_id IN (r.customer_id,"  # noqa: S608 - names from above
    " (SELECT c.merged_into_id FROM customers c WHERE c.id = r.customer_id))"
    for table in AUDITED
)
# No function of JSON on SQLite: its triggers trust none here.
LOSES_ITS_DETAILS = {
    dialect: f"""EXISTS (SELECT 1 FROM customer_erasures e WHERE e.erased_at IS NOT NULL
    AND NEW.details = {erased}
    AND (e.customer_id IN (OLD.subject_id,
    (SELECT c.merged_into_id FROM customers c WHERE c.id = OLD.subject_id))
    OR EXISTS ({THEIRS})))"""  # noqa: S608 - names from above
    for dialect, erased in {
        "sqlite": """'{"erasure_id": "' || e.id || '"}'""",
        "postgresql": "jsonb_build_object('erasure_id', e.id)",
    }.items()
}
STAYS = {
    "customer_changes": (
        "id created_at customer_id aspect before after changed_at by_id",
        "NEW.reason = ''",
        OF_CUSTOMER,
    ),
    "care_message_events": (
        "id created_at message_id state by_id",
        "NEW.reason = 'erased'",
        OF_MESSAGE,
    ),
    "audit_entries": ("id created_at action by_id subject_kind subject_id", LOSES_ITS_DETAILS),
}
FORMER_TRIGGERS = {
    "customer_changes": "customer_changes_no_edits",
    "care_message_events": "care_message_events_append_only",
    "audit_entries": "audit_entries_stay",
}
IS_OVER = "OLD.erased_at IS NOT NULL"


def _lets_in(table: str, dialect: str) -> str:
    columns, *conditions = STAYS[table]
    is_same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    same = [f'OLD."{name}" {is_same} NEW."{name}"' for name in str(columns).split()]
    told = [c[dialect] if isinstance(c, dict) else c for c in conditions]
    return " AND ".join([*same, *told])


def _guard_on_sqlite() -> None:
    for table in STAYS:
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
            f" WHEN NOT ({_lets_in(table, 'sqlite')})"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER customer_erasures_no_{change.lower()} BEFORE {change}"
            f" ON customer_erasures WHEN {IS_OVER}"
            " BEGIN SELECT RAISE(ABORT, 'an erasure that was carried out stays'); END"
        )


def _guard_on_postgresql() -> None:
    for table, former in FORMER_TRIGGERS.items():
        op.execute(f"DROP TRIGGER {former} ON {table}")
        _create_guard(table, f"TG_OP = 'UPDATE' AND ({_lets_in(table, 'postgresql')})")
    _create_guard("customer_erasures", f"NOT ({IS_OVER})", gives="COALESCE(NEW, OLD)")


def _create_guard(table: str, lets_in: str, *, gives: str = "NEW") -> None:
    function = f"{table}_only_erased"
    # Nested, because a statement's trigger has no OLD to look at.
    op.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_LEVEL = 'ROW' THEN IF {lets_in} THEN RETURN {gives}; END IF; END IF;"
        f" RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {function} BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
    )


FORMER_POSTGRESQL = {
    "customer_changes": (
        "CREATE TRIGGER customer_changes_no_edits BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON customer_changes FOR EACH STATEMENT EXECUTE FUNCTION customer_changes_append_only()"
    ),
    "care_message_events": (
        "CREATE TRIGGER care_message_events_append_only BEFORE UPDATE OR DELETE"
        " ON care_message_events FOR EACH ROW EXECUTE FUNCTION refuse_change_to_care()"
    ),
    "audit_entries": (
        "CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay()"
    ),
}


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, former in FORMER_POSTGRESQL.items():
        if on_postgresql:
            _drop_guard(table)
            op.execute(former)
        else:
            op.execute(f"DROP TRIGGER {table}_no_update")
            op.execute(
                f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    if on_postgresql:
        _drop_guard("customer_erasures")
    op.drop_table("customer_erasures")
    op.drop_table("profile_sources")
    op.drop_table("customer_reveals")
    op.drop_column("customers", "erased_at")


def _drop_guard(table: str) -> None:
    op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    op.execute(f"DROP TRIGGER {table}_only_erased ON {table}")
    op.execute(f"DROP FUNCTION {table}_only_erased()")
