"""A team's words, and who bears them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import YIELDS
from crm_api.kit.types import RecordId


class Tag(Versioned, Model):
    """A word for some customers. A team's, and with it everybody's beneath."""

    __tablename__ = "tags"
    __table_args__ = (sa.UniqueConstraint("team_id", "folded"),)

    team_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("teams.id"))
    name: Mapped[str]
    # As names are compared, so that one word is not two tags by its width or case.
    folded: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))


class CustomerTag(Model):
    """That a customer bears a tag, and who put it there."""

    __tablename__ = "customer_tags"
    # The key serves what one customer bears, this index who bears one tag.
    __table_args__ = (sa.Index("ix_customer_tags_tag_id_customer_id", "tag_id", "customer_id"),)

    customer_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), primary_key=True, info=YIELDS
    )
    tag_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("tags.id"), primary_key=True)
    by_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]
