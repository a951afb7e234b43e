"""What was merged belongs to whom its survivor belongs: told by `kit.following`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.customers.models import Customer
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.touches import touch, touching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.kit.following import Changed, Watched

BELONGING = ("owner_id", "team_id")
WATCHED: Watched = {Customer: BELONGING}
CUSTOMERS = cast("sa.Table", Customer.__table__)


def follow_owners(changes: Sequence[Changed]) -> None:
    """Let what happened to a customer under a former id be seen by the new owner as well."""
    survivor = CUSTOMERS.alias("survivor")
    theirs = {
        name: sa.select(survivor.c[name])
        .where(survivor.c.id == CUSTOMERS.c.merged_into_id)
        .scalar_subquery()
        for name in BELONGING
    }
    moved = sorted({change.record.id for change in changes})
    change = sa.update(CUSTOMERS).where(is_among(CUSTOMERS.c.merged_into_id, moved))
    former = touching(change.values(theirs)).returning(CUSTOMERS.c.id)
    touch("customers", db.session.scalars(former))
