"""What else people are greeted for, and which greetings they want."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OCCASIONS = (
    "birthday",
    "anniversary",
    "joining",
    "festival",
    "promotion",
    "life_event",
    "tier_change",
)


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.add_column(
        "anniversaries", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "anniversaries", sa.Column("confirmed_by_id", sa.String(length=64), nullable=True)
    )
    op.drop_index("ix_anniversaries_calendar_month_day", "anniversaries")
    op.create_index(
        "ix_anniversaries_calendar_month_day_id",
        "anniversaries",
        ["calendar", "month", "day", "id"],
    )
    op.create_index("ix_customers_joined_on_id", "customers", ["joined_on", "id"])
    op.create_index(
        "ix_customer_changes_of_tier",
        "customer_changes",
        ["changed_at", "id"],
        **where("aspect = 'tier'"),
    )
    _create_life_events()
    _create_preferences()
    _create_checks()


def _create_life_events() -> None:
    op.create_table(
        "life_events",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("is_greeted", sa.Boolean(), nullable=False),
        sa.Column("noted_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=True),
        sa.Column("visit_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_life_events_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_life_events_by_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_life_events_customer_id_id", "life_events", ["customer_id", "id"])
    op.create_index("ix_life_events_happened_on", "life_events", ["happened_on"])


def _create_preferences() -> None:
    op.create_table(
        "greeting_preferences",
        sa.Column("id", sa.String(length=64), nullable=False),
        *(sa.Column(f"wants_{name}", sa.Boolean(), nullable=False) for name in OCCASIONS),
        sa.Column("birthday_calendar", sa.String(length=32), nullable=False),
        sa.Column("birthday_on_calendar", sa.String(length=32), nullable=True),
        sa.Column("birthday_month", sa.Integer(), nullable=True),
        sa.Column("birthday_day", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["customers.id"], name=op.f("fk_greeting_preferences_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_greeting_preferences")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_greeting_preferences_birthday",
        "greeting_preferences",
        ["birthday_on_calendar", "birthday_month", "birthday_day"],
        **where("birthday_on_calendar IS NOT NULL"),
    )


def _create_checks() -> None:
    op.create_table(
        "birthday_checks",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("birthdays", sa.Integer(), nullable=False),
        sa.Column("on_new_years_day", sa.Integer(), nullable=False),
        sa.Column("is_mass", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_birthday_checks")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("birthday_checks")
    op.drop_table("greeting_preferences")
    op.drop_table("life_events")
    op.drop_index("ix_customer_changes_of_tier", "customer_changes")
    op.drop_index("ix_customers_joined_on_id", "customers")
    op.drop_index("ix_anniversaries_calendar_month_day_id", "anniversaries")
    op.create_index(
        "ix_anniversaries_calendar_month_day", "anniversaries", ["calendar", "month", "day"]
    )
    op.drop_column("anniversaries", "confirmed_by_id")
    op.drop_column("anniversaries", "confirmed_at")
