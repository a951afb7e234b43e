"""Visits, their parts, and what they leave behind."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("planned_by_id", sa.String(length=64), nullable=False),
        sa.Column("plan_digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("place_latitude", sa.Float(), nullable=True),
        sa.Column("place_longitude", sa.Float(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tools", DOCUMENT, nullable=False),
        sa.Column("is_unannounced", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("booking", sa.String(length=32), nullable=False),
        sa.Column("slot_id", sa.String(length=64), nullable=True),
        sa.Column("contact_id", sa.String(length=64), nullable=True),
        sa.Column("warnings", DOCUMENT, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_how", sa.String(length=32), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=32), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("absent", sa.String(length=32), nullable=True),
        sa.Column("absence_proof", sa.Text(), nullable=True),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_in_place", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("distance_m", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("verdict_reasons", DOCUMENT, nullable=False),
        sa.Column("checked_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("brief_digest", sa.String(length=64), nullable=True),
        sa.Column("brief_acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_visits_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_visits_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_visits_owner_id_staff")),
        sa.ForeignKeyConstraint(
            ["planned_by_id"], ["staff.id"], name=op.f("fk_visits_planned_by_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["contact_slots.id"], name=op.f("fk_visits_slot_id_contact_slots")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_visits_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_visits_contact_id")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_visits_slot_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_visits_customer_id_starts_at_id"),
        "visits",
        ["customer_id", "starts_at", "id"],
    )
    op.create_index(
        op.f("ix_visits_owner_id_starts_at_id"),
        "visits",
        ["owner_id", "starts_at", "id"],
    )
    op.create_index(op.f("ix_visits_status_ends_at_id"), "visits", ["status", "ends_at", "id"])
    op.create_table(
        "follow_ups",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("is_next_touch", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=True),
        sa.Column("contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slot_id", sa.String(length=64), nullable=True),
        sa.Column("next_visit_id", sa.String(length=64), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_follow_ups_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["next_visit_id"], ["visits.id"], name=op.f("fk_follow_ups_next_visit_id_visits")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_follow_ups_owner_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_follow_ups_visit_id_visits")
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["contact_slots.id"], name=op.f("fk_follow_ups_slot_id_contact_slots")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("next_visit_id", name=op.f("uq_follow_ups_next_visit_id")),
        sa.UniqueConstraint("slot_id", name=op.f("uq_follow_ups_slot_id")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_follow_ups_customer_id_due_on_id"),
        "follow_ups",
        ["customer_id", "due_on", "id"],
    )
    op.create_index(
        op.f("ix_follow_ups_owner_id_due_on_id"),
        "follow_ups",
        ["owner_id", "due_on", "id"],
    )
    op.create_index(op.f("ix_follow_ups_visit_id"), "follow_ups", ["visit_id"])
    op.create_table(
        "promises",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_how", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_promises_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_promises_owner_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_promises_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_promises_customer_id_due_on_id"),
        "promises",
        ["customer_id", "due_on", "id"],
    )
    op.create_index(op.f("ix_promises_visit_id"), "promises", ["visit_id"])
    op.create_table(
        "visit_notes",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_visit_notes_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_notes_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_notes")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_visit_notes_visit_id_created_at_id"),
        "visit_notes",
        ["visit_id", "created_at", "id"],
    )
    op.create_table(
        "visit_objectives",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("outcome_note", sa.Text(), nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_objectives_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_objectives")),
        sa.UniqueConstraint(
            "visit_id", "position", name=op.f("uq_visit_objectives_visit_id_position")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "visit_persons",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_visit_persons_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_persons_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_persons")),
        sa.UniqueConstraint(
            "visit_id", "position", name=op.f("uq_visit_persons_visit_id_position")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_persons_customer_id"), "visit_persons", ["customer_id"])
    op.create_table(
        "learned_facts",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("before", DOCUMENT, nullable=True),
        sa.Column("after", DOCUMENT, nullable=True),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_learned_facts_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_learned_facts_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_learned_facts_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_facts")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_learned_facts_customer_id_field_created_at"),
        "learned_facts",
        ["customer_id", "field", "created_at"],
    )
    op.create_index(op.f("ix_learned_facts_visit_id"), "learned_facts", ["visit_id"])
    op.create_table(
        "visit_records",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sections", DOCUMENT, nullable=False),
        sa.Column("went_well", sa.Text(), nullable=False),
        sa.Column("went_badly", sa.Text(), nullable=False),
        sa.Column("next_time", sa.Text(), nullable=False),
        sa.Column("leave_alone_until", sa.Date(), nullable=True),
        sa.Column("leave_alone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_visit_records_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_records_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visit_records")),
        sqlite_strict=True,
    )
    op.create_table(
        "visit_steps",
        sa.Column("visit_id", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_visit_steps_by_id_staff")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name=op.f("fk_visit_steps_visit_id_visits")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_steps")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_visit_steps_visit_id_step_created_at"),
        "visit_steps",
        ["visit_id", "step", "created_at"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_visit_steps_visit_id_step_created_at"), table_name="visit_steps")
    op.drop_table("visit_steps")
    op.drop_table("visit_records")
    op.drop_index(op.f("ix_learned_facts_visit_id"), table_name="learned_facts")
    op.drop_index(op.f("ix_learned_facts_customer_id_field_created_at"), table_name="learned_facts")
    op.drop_table("learned_facts")
    op.drop_index(op.f("ix_visit_persons_customer_id"), table_name="visit_persons")
    op.drop_table("visit_persons")
    op.drop_table("visit_objectives")
    op.drop_index(op.f("ix_visit_notes_visit_id_created_at_id"), table_name="visit_notes")
    op.drop_table("visit_notes")
    op.drop_index(op.f("ix_promises_visit_id"), table_name="promises")
    op.drop_index(op.f("ix_promises_customer_id_due_on_id"), table_name="promises")
    op.drop_table("promises")
    op.drop_index(op.f("ix_follow_ups_visit_id"), table_name="follow_ups")
    op.drop_index(op.f("ix_follow_ups_owner_id_due_on_id"), table_name="follow_ups")
    op.drop_index(op.f("ix_follow_ups_customer_id_due_on_id"), table_name="follow_ups")
    op.drop_table("follow_ups")
    op.drop_index(op.f("ix_visits_status_ends_at_id"), table_name="visits")
    op.drop_index(op.f("ix_visits_owner_id_starts_at_id"), table_name="visits")
    op.drop_index(op.f("ix_visits_customer_id_starts_at_id"), table_name="visits")
    op.drop_table("visits")
