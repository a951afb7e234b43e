"""Policies: an identity, and numbered versions that never change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.terms import ScopeKind
from crm_api.kit.db import Model, Record
from crm_api.kit.types import RecordId, enum_column


class FrequencyPolicy(Record, Model):
    """A rule's name and whom it is for. What it says stands in its versions."""

    __tablename__ = "frequency_policies"

    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scope_kind: Mapped[ScopeKind] = mapped_column(enum_column(ScopeKind))
    scope_id: Mapped[str] = mapped_column(sa.String(64), default="")
    loosens: Mapped[str | None] = mapped_column(sa.String(64), index=True)


class PolicySegment(Model):
    """That a policy is for a segment, whose versions stay on record with it: so it stays."""

    __tablename__ = "policy_segments"

    policy_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("frequency_policies.id"), primary_key=True
    )
    segment_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("segments.id"), index=True)


class PolicyVersion(Record, Model):
    """What a policy says from a moment on, until its next version takes effect."""

    __tablename__ = "frequency_policy_versions"
    __table_args__ = (sa.UniqueConstraint("policy_id", "number"),)

    policy_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("frequency_policies.id"))
    number: Mapped[int]
    effective_from: Mapped[datetime] = mapped_column(index=True)
    rule: Mapped[dict[str, Any]]
    is_retired: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[str | None] = mapped_column(sa.String(64))
