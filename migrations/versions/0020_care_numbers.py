"""Keep what the numbers of care are read by: festivals, parts that left, days, refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

IS_SENT = sa.text("submitted_at IS NOT NULL")
IS_REFUSAL = sa.text("action = 'opt_out' OR is_refusal")
# An occurrence of a festival reads festival:KEY:YEAR:PERSON.
KEYS = {
    "postgresql": "split_part(occurrence, ':', 2)",
    "sqlite": "substr(occurrence, 10, instr(substr(occurrence, 10), ':') - 1)",
}


def upgrade() -> None:
    op.add_column("care_messages", sa.Column("festival_key", sa.String(64), nullable=True))
    op.add_column("care_messages", sa.Column("sent_segments", sa.Integer(), nullable=True))
    _fill_in()
    op.drop_index("ix_care_messages_due_at_id", table_name="care_messages")
    op.create_index(
        op.f("ix_care_messages_on_day_due_at_id"), "care_messages", ["on_day", "due_at", "id"]
    )
    op.create_index(
        "ix_care_messages_sent_number",
        "care_messages",
        ["number", "begun_at", "id"],
        sqlite_where=IS_SENT,
        postgresql_where=IS_SENT,
    )
    op.create_index(
        "ix_care_inbound_refusals",
        "care_inbound",
        ["received_at"],
        sqlite_where=IS_REFUSAL,
        postgresql_where=IS_REFUSAL,
    )


def downgrade() -> None:
    op.drop_index("ix_care_inbound_refusals", table_name="care_inbound")
    op.drop_index("ix_care_messages_sent_number", table_name="care_messages")
    op.drop_index(op.f("ix_care_messages_on_day_due_at_id"), table_name="care_messages")
    op.create_index("ix_care_messages_due_at_id", "care_messages", ["due_at", "id"])
    op.drop_column("care_messages", "sent_segments")
    op.drop_column("care_messages", "festival_key")


def _fill_in() -> None:
    key = KEYS[op.get_context().dialect.name]
    op.execute(
        f"UPDATE care_messages SET festival_key = {key}"  # noqa: S608 - our own text
        " WHERE occasion = 'festival' AND occurrence LIKE 'festival:%'"
    )
    op.execute(
        "UPDATE care_messages SET sent_segments = ("
        "SELECT max(segments) FROM care_attempts"
        " WHERE message_id = care_messages.id AND result = 'submitted')"
        " WHERE submitted_at IS NOT NULL"
    )
