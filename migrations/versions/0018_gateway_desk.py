"""What gateways leave for people to settle, and how fast each sender may go."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UNMATCHED = "attempt_id IS NULL"
STUCK = "state IN ('uncertain', 'dead')"
UNANSWERED = "answered_at IS NULL AND action IN ('none', 'help', 'review')"


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.drop_table("gateway_paces")  # of seconds only: nothing worth keeping
    _create_paces("gateway_id", "sender")
    _create_senders()
    for name, kind in (
        ("answered_at", sa.DateTime(timezone=True)),
        ("answered_by_id", sa.String(length=64)),
    ):
        op.add_column("care_inbound", sa.Column(name, kind, nullable=True))
    # Nobody asks by it, and each lease paid for it.
    op.drop_index("ix_care_messages_gateway_id_provider_id", table_name="care_messages")
    for name, table, columns, condition in (
        ("ix_care_inbound_unanswered", "care_inbound", ["created_at", "id"], UNANSWERED),
        ("ix_care_messages_stuck", "care_messages", ["due_at", "id"], STUCK),
        ("ix_care_reports_unmatched_since", "care_reports", ["created_at", "id"], UNMATCHED),
    ):
        op.create_index(name, table, columns, **where(condition))


def downgrade() -> None:
    for name, table in (
        ("ix_care_reports_unmatched_since", "care_reports"),
        ("ix_care_messages_stuck", "care_messages"),
        ("ix_care_inbound_unanswered", "care_inbound"),
    ):
        op.drop_index(name, table_name=table)
    op.create_index(
        "ix_care_messages_gateway_id_provider_id", "care_messages", ["gateway_id", "provider_id"]
    )
    for column in ("answered_by_id", "answered_at"):
        op.drop_column("care_inbound", column)
    op.drop_table("care_inbound_customers")
    op.drop_table("gateway_paces")
    _create_paces("gateway_id")


def _create_paces(*key: str) -> None:
    kinds = {"gateway_id": sa.String(length=64), "sender": sa.String(length=20)}
    op.create_table(
        "gateway_paces",
        *(sa.Column(name, kinds[name], nullable=False) for name in key),
        sa.Column("spent_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_gateway_paces")),
        sqlite_strict=True,
    )


def _create_senders() -> None:
    """Keep whose message each was: a number may pass to somebody else."""
    op.create_table(
        "care_inbound_customers",
        sa.Column("inbound_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_id"],
            ["care_inbound.id"],
            name=op.f("fk_care_inbound_customers_inbound_id_care_inbound"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_care_inbound_customers_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint(
            "inbound_id", "customer_id", name=op.f("pk_care_inbound_customers")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_care_inbound_customers_customer_id"), "care_inbound_customers", ["customer_id"]
    )
    op.execute(
        "INSERT INTO care_inbound_customers (inbound_id, customer_id)"
        " SELECT DISTINCT care_inbound.id, contacts.customer_id FROM care_inbound"
        " JOIN contacts ON contacts.source = 'inbound:' || care_inbound.id"
    )
