"""Offers and opportunities of a customer: one change of state each, by whom, when and why."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import MOVES, open_as
from crm_api.kit.types import RecordId, enum_column
from crm_api.visits.offers.errors import OfferAnswered, OpportunityEnded
from crm_api.visits.offers.terms import OfferState, OpportunityState


class Offer(Versioned, Model):
    """Something that we offered, and what the customer said to it."""

    __tablename__ = "offers"
    __table_args__ = (
        sa.Index(None, "customer_id", "created_at", "id"),
        sa.Index(None, "owner_id", "created_at", "id"),
        sa.Index(None, "visit_id"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    visit_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("visits.id"))
    owner_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"), info=MOVES | open_as("open_offers", where="state = 'made'")
    )
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    text: Mapped[str]
    monthly_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    valid_until: Mapped[date | None]
    made_at: Mapped[datetime]
    state: Mapped[OfferState] = mapped_column(enum_column(OfferState), default=OfferState.MADE)
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    settled_why: Mapped[str | None]

    def answer(self, state: OfferState, *, why: str, by_id: str, at: datetime) -> None:
        """Note what the customer said; said twice alike, it is said once.

        :raises OfferAnswered: if they said something else before
        """
        if self.state is OfferState.MADE:
            self.state, self.settled_why = state, why
            self.settled_at, self.settled_by_id = at, by_id
        elif (self.state, self.settled_why) != (state, why):
            raise OfferAnswered(state=self.state)


class Opportunity(Versioned, Model):
    """A need that somebody sensed, until it is won or lost."""

    __tablename__ = "opportunities"
    __table_args__ = (
        sa.Index(None, "customer_id", "created_at", "id"),
        sa.Index(None, "owner_id", "created_at", "id"),
        sa.Index(None, "visit_id"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    visit_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("visits.id"))
    owner_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("staff.id"),
        info=MOVES | open_as("open_opportunities", where="state = 'open'"),
    )
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    text: Mapped[str]
    worth_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    expected_on: Mapped[date | None]
    state: Mapped[OpportunityState] = mapped_column(
        enum_column(OpportunityState), default=OpportunityState.OPEN
    )
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("staff.id"))
    settled_why: Mapped[str | None]

    def end(self, state: OpportunityState, *, why: str, by_id: str, at: datetime) -> None:
        """Note how it ended; said twice alike, it is said once.

        :raises OpportunityEnded: if it ended otherwise before
        """
        if self.state is OpportunityState.OPEN:
            self.state, self.settled_why = state, why
            self.settled_at, self.settled_by_id = at, by_id
        elif (self.state, self.settled_why) != (state, why):
            raise OpportunityEnded(state=self.state)

    def require_open(self) -> None:
        """Make sure that it may still change.

        :raises OpportunityEnded: if it was won or lost
        """
        if self.state is not OpportunityState.OPEN:
            raise OpportunityEnded(state=self.state)
