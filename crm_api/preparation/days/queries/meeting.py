"""What stands between a customer and a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import Relation
from crm_api.customers.terms import RelationKind
from crm_api.kit.db import db
from crm_api.visits.models import Visit
from crm_api.visits.policies.progress import AHEAD

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


def groups_of_each(customer_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the groups whose key persons these customers are: a visit counts for them too."""
    statement = sa.select(Relation.other_id, Relation.customer_id).where(
        Relation.other_id.in_(customer_ids), Relation.kind == RelationKind.KEY_PERSON
    )
    found: dict[str, tuple[str, ...]] = {}
    for person_id, group_id in db.session.execute(statement.order_by(Relation.customer_id)):
        found[person_id] = (*found.get(person_id, ()), group_id)
    return found


def with_visit_ahead(customer_ids: Collection[str], *, now: datetime) -> set[str]:
    """Return to whom somebody goes already."""
    statement = sa.select(Visit.customer_id).where(
        Visit.customer_id.in_(customer_ids), Visit.status.in_(AHEAD), Visit.ends_at > now
    )
    return set(db.session.scalars(statement.distinct()))
