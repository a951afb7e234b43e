"""Case cards: a case that all may learn from, without a word of whose it was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import MOVES
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.cases.errors import CardDecided, CardReadOtherwise, OwnCard
from crm_api.visits.cases.terms import CardStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class CaseCard(Versioned, Model):
    """A case in stripped words. Proposed by one person, shared with a team by a second."""

    __tablename__ = "case_cards"
    __table_args__ = (
        sa.CheckConstraint("decided_by_id IS NULL OR decided_by_id <> by_id", name="two_persons"),
        sa.Index(None, "team_id", "id"),
        sa.Index(None, "by_id", "id"),
    )

    # Where the case comes from is for those who may see the customer; readers are not told.
    visit_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("visits.id"))
    customer_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    # The author's team until it is shared, then the one that it is shared with and all beneath.
    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    title: Mapped[str]
    situation: Mapped[str]
    action: Mapped[str]
    result: Mapped[str]
    lesson: Mapped[str]
    digest: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[CardStatus] = mapped_column(enum_column(CardStatus), default=CardStatus.PROPOSED)
    decided_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]

    def share(self, *, team_id: str, digest: str, note: str, by_id: str, at: datetime) -> None:
        """Give the card to a team, as it was read.

        :raises OwnCard: if its author would
        :raises CardDecided: if it was decided upon
        :raises CardReadOtherwise: if another text was read
        """
        self._require_proposed(by_id=by_id)
        if digest != self.digest:
            raise CardReadOtherwise(digest=self.digest)
        self.status, self.team_id = CardStatus.SHARED, team_id
        self.decided_by_id, self.decided_at, self.decision_note = by_id, at, note

    def decline(self, *, note: str, by_id: str, at: datetime) -> None:
        """Send the card back, with the reason.

        :raises OwnCard: if its author would
        :raises CardDecided: if it was decided upon
        """
        self._require_proposed(by_id=by_id)
        self.status = CardStatus.DECLINED
        self.decided_by_id, self.decided_at, self.decision_note = by_id, at, note

    def is_shared_alike(self, *, team_id: str, digest: str, note: str, by_id: str) -> bool:
        """Tell whether the same person shared it just so: then this is a repeat."""
        before = (self.status, self.team_id, self.digest, self.decision_note, self.decided_by_id)
        return before == (CardStatus.SHARED, team_id, digest, note, by_id)

    def rewrite(self, texts: Mapping[str, str], *, digest: str) -> None:
        """Say it otherwise, and propose it anew.

        :raises CardDecided: if it is shared, or was taken back
        """
        if self.status not in (CardStatus.PROPOSED, CardStatus.DECLINED):
            raise CardDecided(status=self.status)
        for name, text in texts.items():
            setattr(self, name, text)
        self.digest, self.status = digest, CardStatus.PROPOSED
        self.decided_by_id = self.decided_at = self.decision_note = None

    def withdraw(self) -> None:
        """Take the card back, shared or not; nobody reads it any more."""
        self.status = CardStatus.WITHDRAWN

    def _require_proposed(self, *, by_id: str) -> None:
        if self.status is not CardStatus.PROPOSED:
            raise CardDecided(status=self.status)
        if self.by_id == by_id:
            raise OwnCard
