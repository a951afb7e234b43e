"""Remember which cursor a phone was given everything anew in the place of."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sync_phones", sa.Column("refused_cursor", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("sync_phones", "refused_cursor")
