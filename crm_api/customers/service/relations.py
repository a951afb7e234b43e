"""Link customers that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import queries
from crm_api.customers.errors import RelationImpossible, RelationKnown
from crm_api.customers.models import Customer, Relation
from crm_api.customers.service import persons
from crm_api.customers.service.tiers import settle_followers
from crm_api.customers.terms import Influence, Kind, RelationKind
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.kit.ids import new_id
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

LINKED = "linked as key person"
UNLINKED = "no longer linked as key person"


def link_customers(
    customer_id: str, *, content: dict[str, Any], by: Actor, now: datetime
) -> Relation:
    """Link two customers, both of whom the actor sees.

    Those who are one person share one budget from now on; a key person of great influence is
    served by the group's tier.

    :raises NotFound: if the actor may not see both
    :raises RelationImpossible: if customers of these kinds cannot be linked so
    :raises RelationKnown: if they are linked so already
    """
    kind, other_id = content["kind"], content["other_id"]
    persons.lock_persons([customer_id, other_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    other = queries.get_customer(other_id, visible_to=by)
    known = queries.find_relation(customer_id, other_id, kind=kind)
    if known is not None:
        return _repeat(known, content)
    first, second = _ends(kind, customer, other)
    relation = Relation(
        id=content.get("id") or new_id(),
        customer_id=first.id,
        other_id=second.id,
        kind=kind,
        role=content.get("role", ""),
        influence=_influence(kind, content.get("influence")),
        created_at=now,
    )
    _require_new_id(relation.id)
    db.session.add(relation)
    db.session.flush()
    _follow(relation, reason=LINKED, by=by, now=now)
    return relation


def change_relation(
    customer_id: str,
    *,
    relation_id: str,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
) -> Relation:
    """Mend the role or the influence of a link.

    :raises NotFound: if the actor may not see both customers, or there is no such link
    :raises StaleVersion: if somebody changed it since it was read
    """
    relation = _lock_and_get(relation_id, customer_id=customer_id, by=by)
    require_version(relation, expected=expected_version, wanted=changes)
    wanted = changes.get("influence", relation.influence)
    relation.influence = _influence(relation.kind, wanted)
    relation.role = changes.get("role", relation.role)
    db.session.flush()
    _follow(relation, reason=LINKED, by=by, now=now)
    return relation


def unlink_customers(customer_id: str, *, relation_id: str, by: Actor, now: datetime) -> None:
    """Take a link away, and with it the shared budget or the group's tier.

    :raises NotFound: if the actor may not see both customers, or there is no such link
    """
    relation = _lock_and_get(relation_id, customer_id=customer_id, by=by)
    db.session.delete(relation)
    db.session.flush()
    _follow(relation, reason=UNLINKED, by=by, now=now)


def _lock_and_get(relation_id: str, *, customer_id: str, by: Actor) -> Relation:
    queries.get_customer(customer_id, visible_to=by)
    relation = queries.get_relation(relation_id, customer_id=customer_id)
    ends = [relation.customer_id, relation.other_id]
    db.session.expire_all()
    persons.lock_persons(ends)
    for end in ends:
        queries.get_customer(end, visible_to=by)
    return queries.get_relation(relation_id, customer_id=customer_id)


def _repeat(known: Relation, content: dict[str, Any]) -> Relation:
    role, influence = content.get("role", ""), _influence(known.kind, content.get("influence"))
    same_id = content.get("id") in (None, known.id)
    if same_id and (known.role, known.influence) == (role, influence):
        return known
    raise RelationKnown(relation_id=known.id)


def _require_new_id(relation_id: str) -> None:
    if db.session.get(Relation, relation_id) is not None:
        raise IdTaken


def _ends(kind: RelationKind, customer: Customer, other: Customer) -> tuple[Customer, Customer]:
    kinds = {customer.kind, other.kind}
    if customer.id == other.id:
        raise RelationImpossible("Link two different customers.")
    if kind is RelationKind.KEY_PERSON:
        if kinds != {Kind.GROUP, Kind.INDIVIDUAL}:
            raise RelationImpossible("A key person is an individual with a role in a group.")
        return (customer, other) if customer.kind is Kind.GROUP else (other, customer)
    if kinds != {Kind.INDIVIDUAL}:
        raise RelationImpossible("Only individuals are family, or one person.")
    return customer, other


def _influence(kind: RelationKind, given: Influence | None) -> Influence | None:
    if kind is RelationKind.KEY_PERSON:
        return given or Influence.LOW
    if given is not None:
        raise Invalid("/influence", "Only a key person has influence.")
    return None


def _follow(relation: Relation, *, reason: str, by: Actor, now: datetime) -> None:
    """Bring what depends on a link in line with it."""
    if relation.kind is RelationKind.SAME_PERSON:
        persons.regroup([relation.customer_id, relation.other_id])
    elif relation.kind is RelationKind.KEY_PERSON:
        settle_followers([relation.other_id], reason=reason, by=by, now=now)
