"""The places of a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, column_property, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId


class Place(Versioned, Model):
    """Where a customer is met: an address as people write it, and its point on the map if known.

    The primary one, where visits go unless another is named, was chosen last; while nobody chose,
    it is the oldest. So that places which meet in a merge need no rule.
    """

    __tablename__ = "customer_places"
    __table_args__ = (
        sa.Index("ix_customer_places_customer_id_id", "customer_id", "id"),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_is_whole"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=BY_RULE)
    label: Mapped[str] = mapped_column(default="")
    address: Mapped[str]
    latitude: Mapped[float | None] = mapped_column(sa.Float)
    longitude: Mapped[float | None] = mapped_column(sa.Float)
    # The how-manieth choice of the customer's primary place this was; 0: never chosen, and less
    # where a merge brought it.
    choice: Mapped[int] = mapped_column(default=0)

    if TYPE_CHECKING:  # what its neighbours decide: see below
        is_primary: Mapped[bool]


def _no_better_one() -> sa.ColumnElement[bool]:
    other, own = aliased(Place), Place.__table__.c
    is_better = sa.or_(
        other.choice > own.choice, sa.and_(other.choice == own.choice, other.id < own.id)
    )
    better = sa.exists().where(other.customer_id == own.customer_id, is_better)
    return ~better.correlate(Place.__table__)


Place.is_primary = column_property(_no_better_one())
