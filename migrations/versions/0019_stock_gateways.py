"""Stock gateways: the phones with the SMSGate app."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "smsgate_devices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("signing_key", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=True),
        sa.Column("secret_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["id"], ["machine_clients.id"], name=op.f("fk_smsgate_devices_id_machine_clients")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_smsgate_devices")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_smsgate_devices_secret_digest")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("smsgate_devices")
