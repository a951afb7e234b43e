"""Keep which customers are one person."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers import locks, queries
from crm_api.customers.models import Customer
from crm_api.customers.policies.persons import group_persons
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.touches import touching

if TYPE_CHECKING:
    from collections.abc import Sequence


def lock_persons(customer_ids: Sequence[str]) -> None:
    """Lock these customers and all who are the same person as one of them.

    :raises Busy: if somebody was linked to them while we waited
    """
    everybody = _all_of(customer_ids)
    locks.lock_subjects(customer_ids=everybody)
    if not _all_of(customer_ids) <= everybody:
        raise Busy


def regroup(customer_ids: Sequence[str]) -> None:
    """Find out anew who is one person among these and all who were or are linked to them."""
    everybody = _all_of(customer_ids)
    links = queries.same_person_links(everybody)
    for person in group_persons(everybody | set(chain(*links)), links):
        person_id = min(person) if len(person) > 1 else None
        change = sa.update(Customer.__table__).where(Customer.__table__.c.id.in_(sorted(person)))  # type: ignore[arg-type]
        db.session.execute(touching(change.values(person_id=person_id)))  # which nobody is shown


def _all_of(customer_ids: Sequence[str]) -> set[str]:
    return set(chain(*queries.same_person_ids(customer_ids).values()))
