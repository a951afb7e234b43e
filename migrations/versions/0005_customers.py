"""Keep customers: who they are, what is known of them, and whose they are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _create_customers()
    _create_imports()


def _create_customers() -> None:
    op.create_table(
        "subject_locks",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_subject_locks")),
        sqlite_strict=True,
    )
    op.create_table(
        "tier_thresholds",
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("individual_fen", sa.BigInteger(), nullable=False),
        sa.Column("group_fen", sa.BigInteger(), nullable=False),
        sa.Column("group_lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tier", name=op.f("pk_tier_thresholds")),
        sqlite_strict=True,
    )
    op.create_table(
        "customers",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_pinyin", sa.Text(), nullable=False),
        sa.Column("name_initials", sa.Text(), nullable=False),
        sa.Column("gender", sa.String(length=32), nullable=False),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("has_guardian_consent", sa.Boolean(), nullable=False),
        sa.Column("document_type", sa.String(length=32), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("document_index", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("account_no", sa.String(length=64), nullable=True),
        sa.Column("plan_name", sa.Text(), nullable=False),
        sa.Column("plan_monthly_fen", sa.BigInteger(), nullable=True),
        sa.Column("contract_end_on", sa.Date(), nullable=True),
        sa.Column("balance_fen", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=32), nullable=False),
        sa.Column("own_tier", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_customers_owner_id_staff")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_customers_team_id_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("account_no", name=op.f("uq_customers_account_no")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customers_document_index"), "customers", ["document_index"])
    op.create_index("ix_customers_owner_id_id", "customers", ["owner_id", "id"])
    op.create_index(op.f("ix_customers_person_id"), "customers", ["person_id"])
    op.create_index(op.f("ix_customers_phone"), "customers", ["phone"])
    op.create_index("ix_customers_team_id_id", "customers", ["team_id", "id"])
    op.create_table(
        "anniversaries",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("calendar", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("is_leap_month", sa.Boolean(), nullable=False),
        sa.Column("is_greeted", sa.Boolean(), nullable=False),
        sa.Column("is_stated", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("day BETWEEN 1 AND 31", name=op.f("ck_anniversaries_day")),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_anniversaries_month")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_anniversaries_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anniversaries")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_anniversaries_calendar_month_day", "anniversaries", ["calendar", "month", "day"]
    )
    op.create_index(op.f("ix_anniversaries_customer_id"), "anniversaries", ["customer_id"])
    op.create_index(
        "uq_anniversaries_birthday",
        "anniversaries",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'birthday'"),
        postgresql_where=sa.text("kind = 'birthday'"),
    )
    op.create_table(
        "customer_changes",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("aspect", sa.String(length=32), nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff.id"], name=op.f("fk_customer_changes_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_changes_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_changes")),
        sqlite_strict=True,
    )
    op.create_index("ix_customer_changes_customer_id_id", "customer_changes", ["customer_id", "id"])
    op.create_table(
        "customer_phones",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("suffix", BYTEWISE, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_customer_phones_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phones")),
        sa.UniqueConstraint(
            "customer_id", "number", name=op.f("uq_customer_phones_customer_id_number")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_phones_number"), "customer_phones", ["number"])
    op.create_index("ix_customer_phones_suffix", "customer_phones", ["suffix", "customer_id"])
    op.create_table(
        "customer_relations",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("other_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("influence", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "customer_id <> other_id", name=op.f("ck_customer_relations_two_customers")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_relations_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["customers.id"], name=op.f("fk_customer_relations_other_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_relations")),
        sa.UniqueConstraint(
            "customer_id",
            "other_id",
            "kind",
            name=op.f("uq_customer_relations_customer_id_other_id_kind"),
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_relations_other_id"), "customer_relations", ["other_id"])
    op.create_table(
        "customer_search_terms",
        sa.Column("term", BYTEWISE, nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_search_terms_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("term", "customer_id", name=op.f("pk_customer_search_terms")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_customer_search_terms_customer_id_term",
        "customer_search_terms",
        ["customer_id", "term"],
    )
    op.create_table(
        "do_not_disturb_wishes",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("channels", DOCUMENT, nullable=True),
        sa.Column("categories", DOCUMENT, nullable=True),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.String(length=64), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff.id"], name=op.f("fk_do_not_disturb_wishes_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_do_not_disturb_wishes_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["staff.id"], name=op.f("fk_do_not_disturb_wishes_lifted_by_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_disturb_wishes")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_do_not_disturb_wishes_customer_id"), "do_not_disturb_wishes", ["customer_id"]
    )
    op.create_table(
        "extended_profiles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("interests", DOCUMENT, nullable=False),
        sa.Column("traits", DOCUMENT, nullable=False),
        sa.Column("small_requests", DOCUMENT, nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("communication_style", sa.String(length=32), nullable=True),
        sa.Column("preferred_channel", sa.String(length=32), nullable=True),
        sa.Column("preferred_from", sa.Time(), nullable=True),
        sa.Column("preferred_until", sa.Time(), nullable=True),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["customers.id"], name=op.f("fk_extended_profiles_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extended_profiles")),
        sqlite_strict=True,
    )
    _refuse_edits()


def _refuse_edits() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER customer_changes_no_{verb.lower()} "
                f"BEFORE {verb} ON customer_changes "
                "BEGIN SELECT RAISE(ABORT, 'customer_changes is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION customer_changes_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'customer_changes is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER customer_changes_no_edits BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON customer_changes FOR EACH STATEMENT EXECUTE FUNCTION customer_changes_append_only()"
    )


def downgrade() -> None:
    _drop_imports()
    op.drop_table("extended_profiles")
    op.drop_table("do_not_disturb_wishes")
    op.drop_table("customer_search_terms")
    op.drop_table("customer_relations")
    op.drop_table("customer_phones")
    op.drop_table("customer_changes")
    op.drop_table("anniversaries")
    op.drop_table("customers")
    op.drop_table("tier_thresholds")
    op.drop_table("subject_locks")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION customer_changes_append_only()")


def _create_imports() -> None:
    op.create_table(
        "customer_imports",
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mapping", DOCUMENT, nullable=False),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("header", DOCUMENT, nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["staff.id"], name=op.f("fk_customer_imports_by_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_imports")),
        sqlite_strict=True,
    )
    op.create_index("ix_customer_imports_by_id_id", "customer_imports", ["by_id", "id"])
    op.create_index("ix_customer_imports_status_id", "customer_imports", ["status", "id"])
    _create_import_pieces()
    op.create_table(
        "imported_customers",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_imported_customers_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["customer_imports.id"],
            name=op.f("fk_imported_customers_import_id_customer_imports"),
        ),
        sa.PrimaryKeyConstraint("source", "external_id", name=op.f("pk_imported_customers")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_imported_customers_customer_id"), "imported_customers", ["customer_id"]
    )


def _create_import_pieces() -> None:
    op.create_table(
        "customer_import_parts",
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["customer_imports.id"],
            name=op.f("fk_customer_import_parts_import_id_customer_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_customer_import_parts")),
        sqlite_strict=True,
    )
    op.create_table(
        "customer_import_chunks",
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows", DOCUMENT, nullable=True),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("rejects", DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["customer_imports.id"],
            name=op.f("fk_customer_import_chunks_import_id_customer_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_customer_import_chunks")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_customer_import_chunks_open",
        "customer_import_chunks",
        ["is_done", "import_id", "number"],
    )


def _drop_imports() -> None:
    op.drop_table("imported_customers")
    op.drop_table("customer_import_chunks")
    op.drop_table("customer_import_parts")
    op.drop_table("customer_imports")
