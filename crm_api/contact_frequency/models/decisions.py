"""What the governor answered, kept so that anybody can check it again. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.terms import (
    DecisionKind,
    OverrunCause,
    Strength,
    SubjectKind,
    Verdict,
)
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column


class DecisionFrame(Model):
    """The policies and calendar that many decisions share, named by its digest."""

    __tablename__ = "decision_frames"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    content: Mapped[bytes]
    created_at: Mapped[datetime]


class StoredDecision(Record, Model):
    """An answer, the facts it rests on, and its trace. The facts give the same trace again."""

    __tablename__ = "contact_decisions"
    __table_args__ = (sa.Index(None, "customer_id", "created_at", "id"),)

    kind: Mapped[DecisionKind] = mapped_column(enum_column(DecisionKind))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    customer_id: Mapped[RecordId] = mapped_column(info=STAYS)
    slot_id: Mapped[RecordId | None]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    asked_at: Mapped[datetime]
    frame_digest: Mapped[str] = mapped_column(sa.ForeignKey("decision_frames.digest"))
    facts: Mapped[bytes]
    trace: Mapped[bytes]
    by_id: Mapped[str | None] = mapped_column(sa.String(64))

    @property
    def document(self) -> dict[str, Any]:
        """The trace as a document."""
        content: dict[str, Any] = orjson.loads(self.trace)
        return content


class Overrun(Record, Model):
    """A contact beyond a policy, and how that came about."""

    __tablename__ = "contact_overruns"
    __table_args__ = (
        sa.Index(None, "slot_id", "policy_key"),
        sa.Index(None, "customer_id", "created_at", "id"),
    )

    slot_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("contact_slots.id"))
    customer_id: Mapped[RecordId] = mapped_column(info=STAYS)
    policy_key: Mapped[str | None] = mapped_column(sa.String(64))
    policy_version: Mapped[int | None]
    code: Mapped[str] = mapped_column(sa.String(64))
    strength: Mapped[Strength] = mapped_column(enum_column(Strength))
    subject_kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind))
    cause: Mapped[OverrunCause] = mapped_column(enum_column(OverrunCause))
    forbidden_until: Mapped[datetime | None]
