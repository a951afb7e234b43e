"""Walk from customer to customer along their links, a statement for each hop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.customers.models import Customer, Relation
from crm_api.customers.queries.access import IS_ITSELF, get_customer, limit_to, shown_name
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.accounts.actors import Actor

MOST_LINKS = 1000
LINK = ("id", "customer_id", "other_id", "kind", "role", "influence")


def read_network(customer_id: str, *, hops: int, most: int, visible_to: Actor) -> dict[str, Any]:
    """Return the customers around one, with how far off each is, and all links among them.

    A way leads over visible customers only, so that nobody learns who stands between two.

    :raises NotFound: if the actor may not see the customer
    :raises CustomerMerged: if it went on as part of another
    """
    get_customer(customer_id, visible_to=visible_to)
    [root] = _read(Customer.id == customer_id, visible_to=visible_to, limit=1)
    found, is_cut = [{**root, "hops": 0}], False
    frontier: Sequence[str] = [customer_id]
    for hop in range(1, hops + 1):
        known = [one["id"] for one in found]
        room = most - len(found)
        reached = _read(
            Customer.id.in_(_ends(frontier)),
            Customer.id.not_in(known),
            visible_to=visible_to,
            limit=room + 1,
        )
        is_cut = is_cut or len(reached) > room
        found += [{**one, "hops": hop} for one in reached[:room]]
        frontier = [one["id"] for one in reached[:room]]
        if not frontier:
            break
    links = _links([one["id"] for one in found])
    is_cut = is_cut or len(links) > MOST_LINKS
    return {"customers": found, "links": links[:MOST_LINKS], "is_cut": is_cut}


def _read(
    *conditions: sa.ColumnElement[bool], visible_to: Actor, limit: int
) -> list[dict[str, Any]]:
    shown: tuple[Any, ...] = (
        Customer.id,
        shown_name(visible_to=visible_to).label("name"),
        Customer.kind,
        Customer.tier,
        Customer.status,
        Customer.owner_id,
    )
    statement = sa.select(*shown).where(*conditions, IS_ITSELF)
    statement = limit_to(statement, visible_to=visible_to)
    rows = db.session.execute(statement.order_by(Customer.id).limit(limit))
    return [dict(row) for row in rows.mappings()]


def _ends(frontier: Collection[str]) -> sa.CompoundSelect[Any]:
    # A union, not an OR: each half is served by its own index.
    there = sa.select(Relation.other_id).where(is_among(Relation.customer_id, frontier))
    back = sa.select(Relation.customer_id).where(is_among(Relation.other_id, frontier))
    return sa.union(there, back)


def _links(customer_ids: Collection[str]) -> list[dict[str, Any]]:
    columns = [Relation.__table__.c[name] for name in LINK]
    statement = sa.select(*columns).where(
        is_among(Relation.customer_id, customer_ids), is_among(Relation.other_id, customer_ids)
    )
    rows = db.session.execute(statement.order_by(Relation.id).limit(MOST_LINKS + 1))
    return [dict(row) for row in rows.mappings()]
