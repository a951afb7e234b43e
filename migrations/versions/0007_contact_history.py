"""Keep what happened: entries that nobody can change, chained for each customer."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(length=64)
DIGEST = sa.String(length=64)
WORD = sa.String(length=32)
MOMENT = sa.DateTime(timezone=True)

POSTGRESQL_GUARDS = """
CREATE FUNCTION refuse_contact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION refuse_text_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.contact_id = OLD.contact_id
        AND NEW.summary = '' AND NEW.with_whom = '' AND NEW.reason = '' AND NEW.salt = '' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a contact''s text may only be erased' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER contacts_append_only BEFORE UPDATE OR DELETE ON contacts
    FOR EACH ROW EXECUTE FUNCTION refuse_contact_change();
CREATE TRIGGER contacts_no_truncate BEFORE TRUNCATE ON contacts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_contact_change();
CREATE TRIGGER contact_texts_only_erased BEFORE UPDATE ON contact_texts
    FOR EACH ROW EXECUTE FUNCTION refuse_text_change();
CREATE TRIGGER contact_texts_no_delete BEFORE DELETE ON contact_texts
    FOR EACH ROW EXECUTE FUNCTION refuse_contact_change();
CREATE TRIGGER contact_texts_no_truncate BEFORE TRUNCATE ON contact_texts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_contact_change();
"""

# INSERT OR REPLACE deletes without firing delete triggers: the insert itself must look.
SQLITE_GUARDS = (
    """CREATE TRIGGER contacts_no_update BEFORE UPDATE ON contacts
    BEGIN SELECT RAISE(ABORT, 'contacts is append-only'); END""",
    """CREATE TRIGGER contacts_no_delete BEFORE DELETE ON contacts
    BEGIN SELECT RAISE(ABORT, 'contacts is append-only'); END""",
    """CREATE TRIGGER contacts_no_replace BEFORE INSERT ON contacts
    WHEN EXISTS (SELECT 1 FROM contacts WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM contacts WHERE customer_id = NEW.customer_id AND seq = NEW.seq)
        OR EXISTS (SELECT 1 FROM contacts WHERE customer_id = NEW.customer_id
            AND source = NEW.source)
        OR EXISTS (SELECT 1 FROM contacts WHERE corrects_id = NEW.corrects_id)
    BEGIN SELECT RAISE(ABORT, 'contacts is append-only'); END""",
    """CREATE TRIGGER contact_texts_only_erased BEFORE UPDATE ON contact_texts
    WHEN NOT (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND NEW.contact_id = OLD.contact_id AND NEW.summary = '' AND NEW.with_whom = ''
        AND NEW.reason = '' AND NEW.salt = '')
    BEGIN SELECT RAISE(ABORT, 'a contact''s text may only be erased'); END""",
    """CREATE TRIGGER contact_texts_no_delete BEFORE DELETE ON contact_texts
    BEGIN SELECT RAISE(ABORT, 'contact_texts is append-only'); END""",
    """CREATE TRIGGER contact_texts_no_replace BEFORE INSERT ON contact_texts
    WHEN EXISTS (SELECT 1 FROM contact_texts WHERE contact_id = NEW.contact_id)
    BEGIN SELECT RAISE(ABORT, 'contact_texts is append-only'); END""",
)


def upgrade() -> None:
    _create_contacts()
    _create_contact_texts()
    _create_histories()
    _create_withdrawals()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_GUARDS)
        return
    for guard in SQLITE_GUARDS:
        op.execute(guard)


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("corrects_id", ID, nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("channel", WORD, nullable=False),
        sa.Column("direction", WORD, nullable=False),
        sa.Column("category", WORD, nullable=False),
        sa.Column("purpose", WORD, nullable=False),
        sa.Column("outcome", WORD, nullable=False),
        sa.Column("is_begun_by_customer", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("has_overrun", sa.Boolean(), nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("source", sa.String(length=100), nullable=True),
        sa.Column("visit_id", ID, nullable=True),
        sa.Column("slot_id", ID, nullable=True),
        sa.Column("text_digest", DIGEST, nullable=False),
        sa.Column("previous_digest", DIGEST, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_contacts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["contacts.id"], name=op.f("fk_contacts_corrects_id_contacts")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_contacts_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_contacts_corrects_id")),
        sa.UniqueConstraint("customer_id", "seq", name=op.f("uq_contacts_customer_id_seq")),
        sa.UniqueConstraint("customer_id", "source", name=op.f("uq_contacts_customer_id_source")),
        sqlite_strict=True,
    )
    for lead in ("customer_id", "by_id", "channel", "category", "outcome"):
        name = op.f(f"ix_contacts_{lead}_occurred_at_id")
        op.create_index(name, "contacts", [lead, "occurred_at", "id"])
    op.create_index(op.f("ix_contacts_occurred_at_id"), "contacts", ["occurred_at", "id"])
    op.create_index(op.f("ix_contacts_slot_id"), "contacts", ["slot_id"])
    for flag in ("is_late", "has_overrun"):
        op.create_index(
            f"ix_contacts_{flag}",
            "contacts",
            ["occurred_at", "id"],
            postgresql_where=sa.text(flag),
            sqlite_where=sa.text(f"{flag} = 1"),
        )


def _create_contact_texts() -> None:
    op.create_table(
        "contact_texts",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("with_whom", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_texts_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_texts")),
        sqlite_strict=True,
    )


def _create_histories() -> None:
    op.create_table(
        "contact_histories",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head_digest", DIGEST, nullable=False),
        sa.Column("last_attempt_at", MOMENT, nullable=True),
        sa.Column("last_two_way_at", MOMENT, nullable=True),
        sa.Column("last_begun_by_customer_at", MOMENT, nullable=True),
        sa.Column("last_visit_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_contact_histories_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_contact_histories")),
        sqlite_strict=True,
    )


def _create_withdrawals() -> None:
    op.create_table(
        "contact_withdrawals",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by_id", ID, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_contact_withdrawals_{column}_{table}")
            )
            for column, table in (
                ("contact_id", "contacts"),
                ("customer_id", "customers"),
                ("requested_by_id", "staff"),
                ("decided_by_id", "staff"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_withdrawals")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_contact_withdrawals_contact_id"), "contact_withdrawals", ["contact_id"]
    )
    op.create_index(
        op.f("ix_contact_withdrawals_status_created_at_id"),
        "contact_withdrawals",
        ["status", "created_at", "id"],
    )
    op.create_index(
        "uq_contact_withdrawals_open",
        "contact_withdrawals",
        ["contact_id"],
        unique=True,
        postgresql_where=sa.text("status = 'requested'"),
        sqlite_where=sa.text("status = 'requested'"),
    )


def downgrade() -> None:
    for table in ("contact_withdrawals", "contact_histories", "contact_texts", "contacts"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_contact_change()")
        op.execute("DROP FUNCTION refuse_text_change()")
