"""Drafts of policies, and what simulating them showed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.desk.errors import DraftSettled
from crm_api.contact_frequency.desk.terms import DraftState, Effect
from crm_api.contact_frequency.terms import ScopeKind
from crm_api.customers.terms import Category, Channel, Tier
from crm_api.kit.db import Model, Record, Versioned
from crm_api.kit.succession import STAYS
from crm_api.kit.types import RecordId, enum_column


class PolicyDraft(Versioned, Model):
    """A change that somebody proposes: a new policy, or the next version of one.

    `base_number` is the version it was written upon, 0 for a new policy; `restores_number` the
    older one whose content it brings back. Once settled it never changes: a trigger sees to that.
    """

    __tablename__ = "policy_drafts"
    __table_args__ = (
        sa.Index(None, "created_at", "id"),
        sa.CheckConstraint("state <> 'approved' OR settled_by_id <> author_id", name="two_people"),
    )

    policy_id: Mapped[RecordId | None] = mapped_column(
        sa.ForeignKey("frequency_policies.id"), index=True
    )
    key: Mapped[str] = mapped_column(sa.String(64))
    scope_kind: Mapped[ScopeKind] = mapped_column(enum_column(ScopeKind))
    scope_id: Mapped[str] = mapped_column(sa.String(64), default="")
    loosens: Mapped[str | None] = mapped_column(sa.String(64))
    rule: Mapped[dict[str, Any]]
    is_retired: Mapped[bool] = mapped_column(default=False)
    effective_from: Mapped[datetime | None]
    reason: Mapped[str]
    base_number: Mapped[int]
    restores_number: Mapped[int | None]
    author_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    state: Mapped[DraftState] = mapped_column(enum_column(DraftState), default=DraftState.DRAFT)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    settled_because: Mapped[str | None]
    version_id: Mapped[RecordId | None] = mapped_column(
        sa.ForeignKey("frequency_policy_versions.id"), unique=True
    )

    def revise(self, *, rule: dict[str, Any], base_number: int, **content: Any) -> None:
        """Say something else, upon the version that is the newest now.

        :raises DraftSettled: if it was approved or discarded
        """
        if self.state is not DraftState.DRAFT:
            raise DraftSettled(state=self.state)
        if rule != self.rule:
            self.restores_number = None
        self.rule, self.base_number = rule, base_number
        for name, value in content.items():
            setattr(self, name, value)

    def settle(
        self,
        state: DraftState,
        *,
        because: str,
        by_id: str,
        at: datetime,
        version_id: str | None = None,
    ) -> None:
        """End as approved or discarded.

        :raises DraftSettled: if it ended before
        """
        if self.state is not DraftState.DRAFT:
            raise DraftSettled(state=self.state)
        self.state, self.settled_because = state, because
        self.settled_by_id, self.settled_at = by_id, at
        self.version_id = version_id


class PolicySimulation(Record, Model):
    """What a draft of this content would have done and would do, seen at `created_at`.

    `coverage` holds, by team and tier, how many customers there are, how many of them could be
    contacted, and on how many days, before and after.
    """

    __tablename__ = "policy_simulations"
    __table_args__ = (sa.Index(None, "draft_id", "created_at", "id"),)

    draft_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("policy_drafts.id"))
    content_digest: Mapped[str] = mapped_column(sa.String(64))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    past_from: Mapped[datetime]
    ahead_from: Mapped[datetime]
    ahead_until: Mapped[datetime]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    coverage: Mapped[list[Any]]


class SimulatedContact(Model):
    """A contact that the draft refuses and the policies of today do not."""

    __tablename__ = "policy_simulation_contacts"
    __table_args__ = (sa.Index(None, "simulation_id", "effect", "at", "slot_id"),)

    simulation_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("policy_simulations.id"), primary_key=True
    )
    slot_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("contact_slots.id"), primary_key=True)
    effect: Mapped[Effect] = mapped_column(enum_column(Effect))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=STAYS)
    at: Mapped[datetime]
    tier: Mapped[Tier] = mapped_column(enum_column(Tier))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    policy_key: Mapped[str] = mapped_column(sa.String(64))


class SimulatedCustomer(Model):
    """A customer whose free days change: those of the 30 on which a contact would be allowed."""

    __tablename__ = "policy_simulation_customers"

    simulation_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("policy_simulations.id"), primary_key=True
    )
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=STAYS
    )
    free_days_before: Mapped[int]
    free_days_after: Mapped[int]
