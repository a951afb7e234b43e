"""What the floors above decide by, read for many customers at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Team
from crm_api.customers.models import Customer, DoNotDisturbWish
from crm_api.customers.terms import Category, Channel
from crm_api.customers.values import GovernedFacts, Wish
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

CHUNK = 500


def same_person_ids(customer_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return, for each customer, the sorted ids of all who are that person, itself included.

    Read it again once the subjects are locked: a link may have been made in between.
    """
    found = {customer_id: [customer_id] for customer_id in customer_ids}
    persons = dict(_persons(sorted(found)))
    if persons:
        members = _members(sorted(set(persons.values())))
        found |= {customer_id: members[person] for customer_id, person in persons.items()}
    return found


def _persons(customer_ids: Sequence[str]) -> Iterator[Any]:
    statement = sa.select(Customer.id, Customer.person_id).where(Customer.person_id.is_not(None))
    for chunk in _chunks(customer_ids):
        yield from db.session.execute(statement.where(is_among(Customer.id, chunk)))


def _members(person_ids: Sequence[str]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {person_id: [] for person_id in person_ids}
    table = Customer.__table__.c
    for chunk in _chunks(person_ids):
        statement = sa.select(table.person_id, table.id).where(is_among(table.person_id, chunk))
        for person_id, customer_id in db.session.execute(statement):
            members[person_id].append(customer_id)
    return {person_id: sorted(ids) for person_id, ids in members.items()}


def governed_facts(customer_ids: Iterable[str]) -> dict[str, GovernedFacts]:
    """Return what the frequency governor needs, by customer; who does not exist is left out."""
    ids = sorted(set(customer_ids))
    wishes = _wishes(ids)
    return {
        row.id: GovernedFacts(
            customer_id=row.id,
            kind=row.kind,
            tier=row.tier,
            status=row.status,
            team_id=row.team_id,
            team_path=row.path,
            owner_id=row.owner_id,
            birth_on=row.birth_on,
            has_guardian_consent=row.has_guardian_consent,
            phone=row.phone,
            wishes=tuple(wishes.get(row.id, ())),
        )
        for row in _core_facts(ids)
    }


def _core_facts(ids: Sequence[str]) -> Iterator[Any]:
    statement = sa.select(
        Customer.id,
        Customer.kind,
        Customer.tier,
        Customer.status,
        Customer.team_id,
        Team.path,
        Customer.owner_id,
        Customer.birth_on,
        Customer.has_guardian_consent,
        Customer.phone,
    ).join(Team, Team.id == Customer.team_id)
    for chunk in _chunks(ids):
        yield from db.session.execute(statement.where(is_among(Customer.id, chunk)))


def _wishes(ids: Sequence[str]) -> dict[str, list[Wish]]:
    table = DoNotDisturbWish.__table__.c
    statement = sa.select(*table).where(table.lifted_at.is_(None)).order_by(table.id)
    found: dict[str, list[Wish]] = {}
    for chunk in _chunks(ids):
        for row in db.session.execute(statement.where(is_among(table.customer_id, chunk))):
            found.setdefault(row.customer_id, []).append(_wish(row))
    return found


def _wish(row: Any) -> Wish:
    return Wish(
        id=row.id,
        channels=None if row.channels is None else tuple(map(Channel, row.channels)),
        categories=None if row.categories is None else tuple(map(Category, row.categories)),
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        ends_on=row.ends_on,
    )


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
