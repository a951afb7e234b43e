"""Write a chunk's customers as rows of a file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff, Team
from crm_api.customers.bulk.policies.columns import LOOKED_UP, OWN, cells_of
from crm_api.customers.bulk.terms import RowOutcome
from crm_api.customers.bulk.values import Result
from crm_api.customers.models import CustomerTag
from crm_api.customers.tags.queries import usable_tags
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crm_api.customers.bulk.values import Order
    from crm_api.customers.models import Customer

    Found = Mapping[str, Any]


def write_cells(customers: Sequence[Customer], order: Order) -> Mapping[str, Result]:
    """Return each customer's row of the file; those who are not given get none."""
    columns, whole = order.task["columns"], _shown_whole(order)
    looked_up = {n: LOOK_UPS[n](customers, order) for n in LOOKED_UP if n in columns}
    results = {}
    for customer in customers:
        facts = {name: getattr(customer, name) for name in OWN}
        facts |= {name: found.get(customer.id) for name, found in looked_up.items()}
        cells = cells_of(facts, columns, whole=whole)
        results[customer.id] = Result(RowOutcome.WRITTEN, cells=cells)
    return results


def _shown_whole(order: Order) -> set[str]:
    """Return what is not masked: whoever looks after the customers must recognise them."""
    if order.task["is_unmasked"]:
        return {"name", "phone"}
    return {"name"} if order.by.role is Role.ACCOUNT_MANAGER else set()


def _team_names(customers: Sequence[Customer], _order: Order) -> Found:
    ids = {c.team_id for c in customers}
    rows = db.session.execute(sa.select(Team.id, Team.name).where(is_among(Team.id, ids)))
    names = {row.id: row.name for row in rows}
    return {c.id: names.get(c.team_id) for c in customers}


def _owner_names(customers: Sequence[Customer], _order: Order) -> Found:
    ids = {c.owner_id for c in customers if c.owner_id is not None}
    rows = db.session.execute(sa.select(Staff.id, Staff.name).where(is_among(Staff.id, ids)))
    names = {row.id: row.name for row in rows}
    return {c.id: names.get(c.owner_id or "") for c in customers}


def _tags(customers: Sequence[Customer], order: Order) -> Found:
    tags = usable_tags(order.by).subquery()
    statement = (
        sa.select(CustomerTag.customer_id, tags.c.name)
        .join(tags, tags.c.id == CustomerTag.tag_id)
        .where(is_among(CustomerTag.customer_id, [c.id for c in customers]))
        .order_by(CustomerTag.customer_id, tags.c.folded, tags.c.id)
    )
    found = defaultdict(list)
    for customer_id, name in db.session.execute(statement):
        found[customer_id].append(name)
    return {customer_id: "; ".join(names) for customer_id, names in found.items()}


LOOK_UPS: Mapping[str, Callable[[Sequence[Customer], Order], Found]] = {
    "team_name": _team_names,
    "owner_name": _owner_names,
    "tags": _tags,
}
