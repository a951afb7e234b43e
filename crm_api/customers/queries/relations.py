"""Who belongs with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import Customer, Relation
from crm_api.customers.queries.access import get_customer, limit_to, shown_name
from crm_api.customers.terms import Influence, RelationKind
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.customers.terms import Tier
    from crm_api.kit.paging import Page, PageRequest


def fetch_relations(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of a customer's links, from either side, to others whom the actor may see.

    Each row is a relation with the kind and name of the customer at its other end.

    :raises NotFound: if the actor may not see the customer
    """
    get_customer(customer_id, visible_to=visible_to)
    far_end = sa.case(
        (Relation.customer_id == customer_id, Relation.other_id), else_=Relation.customer_id
    )
    table = Relation.__table__.c
    statement = (
        sa.select(
            *table,
            Customer.id.label("linked_id"),
            shown_name(visible_to=visible_to).label("linked_name"),
            Customer.kind.label("linked_kind"),
        )
        .join(Customer, Customer.id == far_end)
        .where(sa.or_(Relation.customer_id == customer_id, Relation.other_id == customer_id))
        .where(Customer.merged_into_id.is_(None))
    )
    return fetch_page(limit_to(statement, visible_to=visible_to), by=[table.id], page=page)


def get_relation(relation_id: str, *, customer_id: str) -> Relation:
    """Return a link of a customer whom the caller has found already.

    :raises NotFound: if it is not this customer's
    """
    statement = sa.select(Relation).where(
        Relation.id == relation_id,
        sa.or_(Relation.customer_id == customer_id, Relation.other_id == customer_id),
    )
    relation = db.session.scalars(statement).one_or_none()
    if relation is None:
        raise NotFound("relation")
    return relation


def find_relation(first_id: str, second_id: str, *, kind: RelationKind) -> Relation | None:
    """Return the link of this kind between two customers, whichever of them it starts from."""
    pair = (first_id, second_id)
    statement = sa.select(Relation).where(
        Relation.kind == kind, Relation.customer_id.in_(pair), Relation.other_id.in_(pair)
    )
    return db.session.scalars(statement).first()


def same_person_links(customer_ids: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Return the pairs among these customers that are linked as the same person."""
    ids = sorted(customer_ids)
    statement = sa.select(Relation.customer_id, Relation.other_id).where(
        Relation.kind == RelationKind.SAME_PERSON,
        sa.or_(Relation.customer_id.in_(ids), Relation.other_id.in_(ids)),
    )
    return [(first, second) for first, second in db.session.execute(statement)]


def great_key_person_ids(*group_ids: str) -> Sequence[str]:
    """Return the ids of these groups' key persons whose word weighs most."""
    statement = sa.select(Relation.other_id).where(
        Relation.customer_id.in_(group_ids),
        Relation.kind == RelationKind.KEY_PERSON,
        Relation.influence == Influence.GREAT,
    )
    return db.session.scalars(statement.order_by(Relation.other_id)).all()


def key_person_ids(*group_ids: str) -> Sequence[str]:
    """Return the ids of all key persons of these groups."""
    statement = sa.select(Relation.other_id).where(
        Relation.customer_id.in_(group_ids), Relation.kind == RelationKind.KEY_PERSON
    )
    return db.session.scalars(statement.order_by(Relation.other_id)).all()


def group_tiers(person_ids: Sequence[str]) -> dict[str, list[Tier]]:
    """Return, for each person, the tiers of the groups whose choices the person weighs most on."""
    found: dict[str, list[Tier]] = {person_id: [] for person_id in person_ids}
    statement = (
        sa.select(Relation.other_id, Customer.tier)
        .join(Customer, Customer.id == Relation.customer_id)
        .where(
            Relation.other_id.in_(person_ids),
            Relation.kind == RelationKind.KEY_PERSON,
            Relation.influence == Influence.GREAT,
        )
    )
    for person_id, tier in db.session.execute(statement):
        found[person_id].append(tier)
    return found
