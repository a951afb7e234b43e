"""Keep templates, and the outbox that gateways pull from."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IS_QUEUED = sa.text("state = 'queued'")
IS_WAITING = sa.text("state IN ('queued', 'leased')")
IS_UNMATCHED = sa.text("attempt_id IS NULL")
AWAITS_REVIEW = sa.text("action = 'review' AND reviewed_at IS NULL")
IS_HANDED_OUT = sa.text("state IN ('leased', 'submitting')")
MAY_BE_SENT = sa.text("status = 'approved'")

APPEND_ONLY = ("care_message_events",)


def upgrade() -> None:
    _create_templates()
    _create_messages()
    _create_events()
    _create_attempts()
    _create_reports()
    _create_inbound()
    _create_paces()
    for table in APPEND_ONLY:
        _guard(table)


def downgrade() -> None:
    for table in ("gateway_paces", "care_inbound", "care_reports", "care_attempts"):
        op.drop_table(table)
    for table in ("care_message_events", "care_messages"):
        op.drop_table(table)
    for table in ("care_template_versions", "care_templates"):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_to_care()")


def _create_templates() -> None:
    op.create_table(
        "care_templates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("festival_key", sa.String(length=64), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_care_templates_name")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_templates_occasion_festival_key"),
        "care_templates",
        ["occasion", "festival_key"],
    )
    op.create_table(
        "care_template_versions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("drafted_by_id", sa.String(length=64), nullable=False),
        sa.Column("submitted_by_id", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by_id", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'retired')"
            " OR (approved_by_id IS NOT NULL AND approved_by_id <> submitted_by_id"
            " AND approved_by_id <> drafted_by_id)",
            name=op.f("ck_care_template_versions_approved_by_a_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["care_templates.id"],
            name=op.f("fk_care_template_versions_template_id_care_templates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_template_versions")),
        sa.UniqueConstraint(
            "template_id", "number", name=op.f("uq_care_template_versions_template_id_number")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_care_template_versions_approved",
        "care_template_versions",
        ["template_id"],
        unique=True,
        sqlite_where=MAY_BE_SENT,
        postgresql_where=MAY_BE_SENT,
    )


def _create_messages() -> None:
    op.create_table(
        "care_messages",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("slot_id", sa.String(length=64), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("occurrence", sa.String(length=200), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("encoding", sa.String(length=32), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("idle_leases", sa.Integer(), nullable=False),
        sa.Column("lease_token_hash", sa.String(length=64), nullable=True),
        sa.Column("lease_epoch", sa.Integer(), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_worker", sa.String(length=64), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason <> '' OR state IN ('queued', 'leased', 'submitting', 'submitted', 'delivered')",
            name=op.f("ck_care_messages_ends_with_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_care_messages_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["care_templates.id"],
            name=op.f("fk_care_messages_template_id_care_templates"),
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"],
            ["contact_slots.id"],
            name=op.f("fk_care_messages_slot_id_contact_slots"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_messages")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_care_messages_slot_id")),
        sa.UniqueConstraint("occurrence", name=op.f("uq_care_messages_occurrence")),
        sqlite_strict=True,
    )
    _index_messages()


def _index_messages() -> None:
    for name, columns, condition in (
        ("ix_care_messages_ready", ["priority", "due_at", "id"], IS_QUEUED),
        ("ix_care_messages_lapsing", ["lease_expires_at"], IS_HANDED_OUT),
        ("ix_care_messages_expiring", ["send_before"], IS_WAITING),
        ("ix_care_messages_waiting_number", ["number"], IS_WAITING),
        ("ix_care_messages_customer_id_due_at", ["customer_id", "due_at"], None),
        ("ix_care_messages_due_at_id", ["due_at", "id"], None),
        ("ix_care_messages_gateway_id_provider_id", ["gateway_id", "provider_id"], None),
    ):
        op.create_index(
            name, "care_messages", columns, sqlite_where=condition, postgresql_where=condition
        )


def _create_events() -> None:
    op.create_table(
        "care_message_events",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["care_messages.id"],
            name=op.f("fk_care_message_events_message_id_care_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_message_events")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_message_events_message_id_created_at"),
        "care_message_events",
        ["message_id", "created_at"],
    )


def _create_attempts() -> None:
    op.create_table(
        "care_attempts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=True),
        sa.Column("acked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["care_messages.id"],
            name=op.f("fk_care_attempts_message_id_care_messages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_attempts")),
        sa.UniqueConstraint(
            "message_id", "token_hash", name=op.f("uq_care_attempts_message_id_token_hash")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_attempts_gateway_id_provider_id"),
        "care_attempts",
        ["gateway_id", "provider_id"],
    )


def _create_reports() -> None:
    op.create_table(
        "care_reports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("report_id", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("provider_id", sa.String(length=128), nullable=True),
        sa.Column("attempt_id", sa.String(length=64), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["care_attempts.id"],
            name=op.f("fk_care_reports_attempt_id_care_attempts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_reports")),
        sa.UniqueConstraint(
            "gateway_id", "report_id", name=op.f("uq_care_reports_gateway_id_report_id")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_care_reports_attempt_id"), "care_reports", ["attempt_id"])
    op.create_index(
        "ix_care_reports_unmatched",
        "care_reports",
        ["gateway_id", "provider_id"],
        sqlite_where=IS_UNMATCHED,
        postgresql_where=IS_UNMATCHED,
    )


def _create_inbound() -> None:
    op.create_table(
        "care_inbound",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("inbound_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("sent_to", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", sa.String(length=64), nullable=True),
        sa.Column("is_refusal", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_inbound")),
        sa.UniqueConstraint(
            "gateway_id", "inbound_id", name=op.f("uq_care_inbound_gateway_id_inbound_id")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_inbound_number_received_at"), "care_inbound", ["number", "received_at"]
    )
    op.create_index(
        "ix_care_inbound_awaiting_review",
        "care_inbound",
        ["created_at", "id"],
        sqlite_where=AWAITS_REVIEW,
        postgresql_where=AWAITS_REVIEW,
    )


def _create_paces() -> None:
    op.create_table(
        "gateway_paces",
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("spent_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("gateway_id", name=op.f("pk_gateway_paces")),
        sqlite_strict=True,
    )


def _guard(table: str) -> None:
    """Have the database itself refuse to edit what happened."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_change_to_care() RETURNS trigger"
            " LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_to_care()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
