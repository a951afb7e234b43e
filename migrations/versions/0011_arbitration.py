"""Say who wins a slot: what each contact brings forward, and to whom it lost."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LOST = "state IN ('preempted', 'coalesced')"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.add_column("contact_slots", sa.Column("occasion_class", sa.Integer(), nullable=True))
    op.add_column("contact_slots", sa.Column("occasion_rank", sa.Integer(), nullable=True))
    op.add_column("contact_slots", sa.Column("winner_slot_id", sa.String(64), nullable=True))
    op.add_column("slot_subjects", sa.Column("claim", sa.String(64), nullable=True))
    op.add_column("slot_subjects", sa.Column("occasion_class", sa.Integer(), nullable=True))
    op.add_column("care_messages", sa.Column("winner_slot_id", sa.String(64), nullable=True))
    op.add_column("care_messages", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_care_messages_lost", "care_messages", ["send_before"], **where(LOST))
    op.add_column("care_templates", sa.Column("also_occasion", sa.String(32), nullable=True))
    op.add_column("care_templates", sa.Column("also_festival_key", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("care_templates", "also_festival_key")
    op.drop_column("care_templates", "also_occasion")
    op.drop_index("ix_care_messages_lost", table_name="care_messages")
    op.drop_column("care_messages", "tried_at")
    op.drop_column("care_messages", "winner_slot_id")
    op.drop_column("slot_subjects", "occasion_class")
    op.drop_column("slot_subjects", "claim")
    op.drop_column("contact_slots", "winner_slot_id")
    op.drop_column("contact_slots", "occasion_rank")
    op.drop_column("contact_slots", "occasion_class")
