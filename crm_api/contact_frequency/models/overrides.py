"""Overrides: two persons let one contact go beyond what it was refused for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, query_expression

from crm_api.contact_frequency.errors import OverrideLapsed, OverrideSettled
from crm_api.contact_frequency.terms import OverrideState
from crm_api.customers.terms import Category, Channel
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES
from crm_api.kit.types import RecordId, enum_column

LASTS = timedelta(hours=24)


class Override(Record, Model):
    """Leave for one contact, asked for by one person and given by another.

    `waives` is all that blocked the contact in the refusal it rests on, `overridable_by` the roles
    each of which may set all of it aside. `at` is the moment that was refused; the contact may
    stand from `first_at` to `last_at`. A `moves_slot_id` names the contact that is to be moved.
    """

    __tablename__ = "contact_overrides"
    __table_args__ = (
        sa.CheckConstraint("approved_by_id <> asked_by_id", name="two_persons"),
        sa.Index(None, "customer_id", "created_at", "id"),
        sa.Index(None, "asked_by_id", "created_at", "id"),
        sa.Index(None, "state", "created_at", "id"),
        sa.Index(None, "approved_by_id", "approved_at"),
    )

    decision_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("contact_decisions.id"))
    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    category: Mapped[Category] = mapped_column(enum_column(Category))
    at: Mapped[datetime]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    visit_id: Mapped[RecordId | None]
    moves_slot_id: Mapped[RecordId | None]
    waives: Mapped[list[Any]]
    overridable_by: Mapped[list[str]]
    state: Mapped[OverrideState] = mapped_column(
        enum_column(OverrideState), default=OverrideState.ASKED
    )
    lapses_at: Mapped[datetime]
    asked_by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    reason: Mapped[str]
    approved_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    approver_role: Mapped[str | None] = mapped_column(sa.String(32))
    approved_at: Mapped[datetime | None]
    approval_reason: Mapped[str | None]
    ended_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    slot_id: Mapped[RecordId | None]
    used_at: Mapped[datetime | None]
    # Where it stands at the moment that a query names; nothing where it named none.
    standing: Mapped[OverrideState | None] = query_expression()

    @property
    def shown_state(self) -> OverrideState:
        """Where it stands, as far as is known: an open one may have lapsed."""
        return self.standing or self.state

    def approve(self, *, by_id: str, role: str, reason: str, at: datetime) -> None:
        """Let the contact be made within a day, and never after its own last moment.

        :raises OverrideSettled: if somebody decided otherwise
        :raises OverrideLapsed: if the contact's moment has passed
        """
        self.require_asked(at=at)
        self.state = OverrideState.APPROVED
        self.approved_by_id = by_id
        self.approver_role = role
        self.approved_at = at
        self.approval_reason = reason
        self.lapses_at = min(at + LASTS, self.last_at)

    def require_asked(self, *, at: datetime) -> None:
        """Make sure that it still waits for somebody to decide.

        :raises OverrideSettled: if somebody did
        :raises OverrideLapsed: if the contact's moment has passed
        """
        self._require(OverrideState.ASKED, wanted=OverrideState.APPROVED, at=at)

    def decline(self, *, by_id: str, reason: str, at: datetime) -> None:
        """Leave the contact refused.

        :raises OverrideSettled: if somebody decided otherwise
        """
        if self.state is not OverrideState.ASKED:
            raise OverrideSettled(state=self.state, wanted=OverrideState.DECLINED)
        self._end(OverrideState.DECLINED, by_id=by_id, reason=reason, at=at)

    def cancel(self, *, by_id: str, reason: str, at: datetime) -> None:
        """Take it back before it is used.

        :raises OverrideSettled: if it ended, or was used
        """
        if self.state not in (OverrideState.ASKED, OverrideState.APPROVED):
            raise OverrideSettled(state=self.state, wanted=OverrideState.CANCELLED)
        self._end(OverrideState.CANCELLED, by_id=by_id, reason=reason, at=at)

    def _end(self, state: OverrideState, *, by_id: str, reason: str, at: datetime) -> None:
        self.state = state
        self.ended_by_id = by_id
        self.ended_at = at
        self.end_reason = reason

    def require_usable(self, *, at: datetime) -> None:
        """Make sure that it may be used now.

        :raises OverrideSettled: if nobody approved it, or it was used or taken back
        :raises OverrideLapsed: if its time is over
        """
        self._require(OverrideState.APPROVED, wanted=OverrideState.USED, at=at)

    def use(self, *, slot_id: str, at: datetime) -> None:
        """Spend it on a slot: it works once.

        :raises OverrideSettled: if nobody approved it, or it was used or taken back
        :raises OverrideLapsed: if its time is over
        """
        self.require_usable(at=at)
        self.state = OverrideState.USED
        self.slot_id = slot_id
        self.used_at = at

    def _require(self, state: OverrideState, *, wanted: OverrideState, at: datetime) -> None:
        if self.state is not state:
            raise OverrideSettled(state=self.state, wanted=wanted)
        if at >= self.lapses_at:
            raise OverrideLapsed(lapsed_at=self.lapses_at)
