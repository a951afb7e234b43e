"""Who belongs with whom."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from crm_api.customers.terms import Influence, RelationKind
from crm_api.kit.db import Model, Versioned
from crm_api.kit.succession import BY_RULE
from crm_api.kit.types import RecordId, enum_column


class Relation(Versioned, Model):
    """Two customers that belong together.

    A key person (关键人员) is the `other` of the group; the remaining kinds hold both ways.
    """

    __tablename__ = "customer_relations"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "other_id", "kind"),
        sa.CheckConstraint("customer_id <> other_id", name="two_customers"),
    )

    customer_id: Mapped[RecordId] = mapped_column(sa.ForeignKey("customers.id"), info=BY_RULE)
    other_id: Mapped[RecordId] = mapped_column(
        sa.ForeignKey("customers.id"), index=True, info=BY_RULE
    )
    kind: Mapped[RelationKind] = mapped_column(enum_column(RelationKind))
    role: Mapped[str] = mapped_column(default="")
    influence: Mapped[Influence | None] = mapped_column(enum_column(Influence))
