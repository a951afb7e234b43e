"""Opt-outs and holds: what silences a customer or a number for a time."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.contact_frequency.errors import HoldLifted
from crm_api.contact_frequency.terms import HoldKind
from crm_api.customers.terms import Channel
from crm_api.kit.db import Model, Record
from crm_api.kit.succession import MOVES, YIELDS
from crm_api.kit.types import RecordId, enum_column

IN_FORCE = sa.text("lifted_at IS NULL")


class OptOut(Record, Model):
    """A number's refusal of a channel; it covers every customer on the number."""

    __tablename__ = "opt_outs"
    __table_args__ = (
        sa.Index(
            "uq_opt_outs_number",
            "number",
            "channel",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    number: Mapped[str] = mapped_column(sa.String(32))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    categories: Mapped[list[str]]
    opted_out_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(sa.String(200))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(sa.String(200))

    def lift(self, *, by: str, at: datetime) -> None:
        """Let the number be written to again: it asked for that."""
        self.lifted_at = at
        self.lifted_by = by


class OptOutCustomer(Model):
    """Whose number it was: the refusal follows the person to a new one."""

    __tablename__ = "opt_out_customers"

    opt_out_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("opt_outs.id"), primary_key=True)
    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, index=True, info=YIELDS
    )


class Hold(Record, Model):
    """Care and marketing stand still, for one customer or for all of a team's subtree."""

    __tablename__ = "contact_holds"
    __table_args__ = (
        sa.CheckConstraint("(customer_id IS NULL) <> (team_path IS NULL)", name="one_subject"),
        sa.Index(
            "ix_contact_holds_customer_id",
            "customer_id",
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
        sa.Index(
            "ix_contact_holds_team_path",
            "team_path",
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    kind: Mapped[HoldKind] = mapped_column(enum_column(HoldKind))
    customer_id: Mapped[RecordId | None] = mapped_column(sa.ForeignKey("customers.id"), info=MOVES)
    team_path: Mapped[str | None]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    reason: Mapped[str]
    source: Mapped[str | None] = mapped_column(sa.String(200))
    by_id: Mapped[str | None] = mapped_column(sa.String(64))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[str | None] = mapped_column(sa.String(64))
    lift_reason: Mapped[str | None]

    def lift(self, *, reason: str, by_id: str | None, at: datetime) -> None:
        """Let care and marketing resume.

        :raises HoldLifted: if it was lifted before for another reason
        """
        if self.lifted_at is not None:
            if self.lift_reason != reason:
                raise HoldLifted
            return
        self.lifted_at = at
        self.lifted_by_id = by_id
        self.lift_reason = reason
