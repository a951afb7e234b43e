"""What is seen on site: who was there, how sure it is, what was offered, and what all may learn."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WORD, ID, DIGEST = sa.String(length=32), sa.String(length=64), sa.String(length=64)

ADDED = {
    "visits": (
        ("check_out_latitude", sa.Float()),
        ("check_out_longitude", sa.Float()),
        ("check_out_accuracy_m", sa.Float()),
        ("check_out_distance_m", sa.Integer()),
        ("check_out_verdict", WORD),
    ),
    "visit_persons": (("was_met", sa.Boolean()),),
    "visit_records": (("shared_at", MOMENT), ("shared_by_id", ID)),
    "learned_facts": (("record_id", ID),),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column(
        "visits",
        sa.Column("check_out_verdict_reasons", DOCUMENT, nullable=False, server_default="[]"),
    )
    op.add_column(
        "visit_persons",
        sa.Column("is_planned", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_index("ix_visit_records_created_at", "visit_records", ["created_at", "visit_id"])
    _create_colleagues()
    _create_undone_facts()
    _create_offers()
    _create_opportunities()
    _create_case_cards()


def downgrade() -> None:
    for table in ("case_cards", "offers", "opportunities", "undone_facts", "visit_colleagues"):
        op.drop_table(table)
    op.drop_index("ix_visit_records_created_at", table_name="visit_records")
    op.drop_column("visit_persons", "is_planned")
    op.drop_column("visits", "check_out_verdict_reasons")
    for table, columns in ADDED.items():
        for name, _kind in reversed(columns):
            op.drop_column(table, name)


def _create_colleagues() -> None:
    op.create_table(
        "visit_colleagues",
        sa.Column("visit_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("added_by_id", ID, nullable=False),
        sa.Column("was_there", sa.Boolean(), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("arrival_digest", DIGEST, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("verdict", WORD, nullable=True),
        sa.Column("verdict_reasons", DOCUMENT, nullable=False),
        *_record(),
        *_refers("visit_colleagues", visit_id="visits", staff_id="staff", added_by_id="staff"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_colleagues")),
        sa.UniqueConstraint(
            "visit_id", "staff_id", name=op.f("uq_visit_colleagues_visit_id_staff_id")
        ),
        sqlite_strict=True,
    )
    _index("visit_colleagues", "staff_id", "visit_id")


def _create_undone_facts() -> None:
    op.create_table(
        "undone_facts",
        sa.Column("fact_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        *_refers("undone_facts", fact_id="learned_facts", by_id="staff"),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_undone_facts")),
        sqlite_strict=True,
    )


def _create_opportunities() -> None:
    op.create_table(
        "opportunities",
        *_of_a_customer(),
        sa.Column("worth_fen", sa.BigInteger(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("state", WORD, nullable=False),
        *_settled(),
        *_record(),
        sa.Column("version", sa.Integer(), nullable=False),
        *_business("opportunities"),
        sqlite_strict=True,
    )
    _index("opportunities", "customer_id", "created_at", "id")
    _index("opportunities", "owner_id", "created_at", "id")
    _index("opportunities", "visit_id")


def _create_offers() -> None:
    op.create_table(
        "offers",
        *_of_a_customer(),
        sa.Column("monthly_fen", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("state", WORD, nullable=False),
        *_settled(),
        *_record(),
        sa.Column("version", sa.Integer(), nullable=False),
        *_business("offers"),
        sqlite_strict=True,
    )
    _index("offers", "customer_id", "created_at", "id")
    _index("offers", "owner_id", "created_at", "id")
    _index("offers", "visit_id")


def _create_case_cards() -> None:
    texts = ("title", "situation", "action", "result", "lesson")
    op.create_table(
        "case_cards",
        sa.Column("visit_id", ID, nullable=True),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("team_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("status", WORD, nullable=False),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        *_record(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> by_id",
            name=op.f("ck_case_cards_two_persons"),
        ),
        *_refers(
            "case_cards",
            visit_id="visits",
            customer_id="customers",
            team_id="teams",
            by_id="staff",
            decided_by_id="staff",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_cards")),
        sqlite_strict=True,
    )
    _index("case_cards", "team_id", "id")
    _index("case_cards", "by_id", "id")


def _record() -> list[Any]:
    return [sa.Column("id", ID, nullable=False), sa.Column("created_at", MOMENT, nullable=False)]


def _of_a_customer() -> list[Any]:
    return [
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("visit_id", ID, nullable=True),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    ]


def _settled() -> list[Any]:
    return [
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by_id", ID, nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=True),
    ]


def _business(table: str) -> list[Any]:
    refers = _refers(
        table,
        customer_id="customers",
        visit_id="visits",
        owner_id="staff",
        by_id="staff",
        settled_by_id="staff",
    )
    return [*refers, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _refers(table: str, **columns: str) -> list[Any]:
    return [
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
        for name, other in columns.items()
    ]


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
