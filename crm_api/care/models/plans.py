"""How processes share the planning of a day, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.care.terms import Occasion
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES
from crm_api.kit.types import Json, RecordId, enum_column

IS_OPEN = sa.text("run_id IS NULL")


class PlanRun(Record, Model):
    """One process's sweep over some days, with its numbers; `created_at` is when it began."""

    __tablename__ = "care_plan_runs"

    worker: Mapped[str] = mapped_column(sa.String(200))
    first_on: Mapped[date]
    days: Mapped[int]
    ended_at: Mapped[datetime | None]
    due: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    planned: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class PlanRound(Model):
    """The latest look at all who are due for one cause of one day."""

    __tablename__ = "care_plan_rounds"

    on_day: Mapped[date] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    number: Mapped[int]
    opened_at: Mapped[datetime]


class PlanBatch(Model):
    """A range of keys of a round, planned in one transaction by the run that locks the row.

    The ranges leave no gap, and the outer ones are open: who comes in between is found as well.
    """

    __tablename__ = "care_plan_batches"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["on_day", "cause"], ["care_plan_rounds.on_day", "care_plan_rounds.cause"]
        ),
        sa.Index(
            "ix_care_plan_batches_open",
            "on_day",
            "cause",
            "number",
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
    )

    on_day: Mapped[date] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    after_key: Mapped[RecordId | None]
    last_key: Mapped[RecordId | None]
    run_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("care_plan_runs.id"))
    done_at: Mapped[datetime | None]


class PlanRefusal(Model):
    """Why somebody gets no greeting for an occurrence, as it was found last.

    One row however often it is asked, and one stored decision as long as the reasons stay.
    `created_at` is since when it is so.
    """

    __tablename__ = "care_plan_refusals"
    __table_args__ = (sa.Index(None, "on_day", "occurrence"),)

    occurrence: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    on_day: Mapped[date]
    occasion: Mapped[Occasion] = mapped_column(enum_column(Occasion))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    reason: Mapped[str] = mapped_column(sa.String(64))
    reasons_digest: Mapped[str] = mapped_column(sa.String(64))
    decision_id: Mapped[RecordId | None]
    created_at: Mapped[datetime]
