"""Find what a message says besides its own: planning a festival asks for every chunk of people."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

LOST_TO_SOMEBODY = sa.text("winner_slot_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_care_messages_winner",
        "care_messages",
        ["winner_slot_id"],
        sqlite_where=LOST_TO_SOMEBODY,
        postgresql_where=LOST_TO_SOMEBODY,
    )


def downgrade() -> None:
    op.drop_index("ix_care_messages_winner", "care_messages")
