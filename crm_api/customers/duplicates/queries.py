"""Who looks like whom: looked up by what they share, never by comparing everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.customers.duplicates.models import Duplicate
from crm_api.customers.duplicates.values import Features
from crm_api.customers.models import Customer, Phone
from crm_api.customers.queries.access import limit_to, shown_name
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.customers.duplicates.terms import DuplicateState
    from crm_api.kit.paging import Page, PageRequest

MOST_ALIKE = 20  # more bearers of a number are an office's, and no person's
MOST_PAIRS = 5_000
FEATURES = ("id", "kind", "name", "name_pinyin", "gender", "birth_on", "document_index")


def next_ids(after: str, *, limit: int) -> Sequence[str]:
    """Return the next customers whom a search for duplicates looks at."""
    following = sa.select(Customer.id).where(Customer.id > after, Customer.merged_into_id.is_(None))
    return db.session.scalars(following.order_by(Customer.id).limit(limit)).all()


def pairs_of(customer_ids: Collection[str]) -> set[tuple[str, str]]:
    """Return who shares something with one of these customers and comes after: each pair once."""
    one: Any = aliased(Customer)
    other: Any = aliased(Customer)
    found: set[tuple[str, str]] = set()
    for shared in (_same_document(one, other), _same_birth(one, other)):
        pairs = sa.select(one.id, other.id).join(other, shared)
        found |= _run(pairs, one, other, customer_ids)
    its, theirs = aliased(Phone), aliased(Phone)
    pairs = (
        sa.select(one.id, other.id)
        .join(its, its.customer_id == one.id)
        .join(theirs, sa.and_(theirs.number == its.number, theirs.customer_id > its.customer_id))
        .join(other, other.id == theirs.customer_id)
        .where(_bearers(its.number) <= MOST_ALIKE)
        .distinct()
    )
    return found | _run(pairs, one, other, customer_ids)


def _run(
    pairs: sa.Select[Any], one: Any, other: Any, customer_ids: Collection[str]
) -> set[tuple[str, str]]:
    are_known_as_one = sa.and_(one.person_id.is_not(None), one.person_id == other.person_id)
    pairs = pairs.where(
        is_among(one.id, sorted(customer_ids)),
        one.id < other.id,
        one.merged_into_id.is_(None),
        other.merged_into_id.is_(None),
        sa.or_(one.person_id.is_(None), sa.not_(sa.func.coalesce(are_known_as_one, sa.false()))),
    )
    rows = db.session.execute(pairs.order_by(one.id, other.id).limit(MOST_PAIRS))
    return {(first, second) for first, second in rows}


def _same_document(one: Any, other: Any) -> sa.ColumnElement[bool]:
    return cast("sa.ColumnElement[bool]", other.document_index == one.document_index)


def _same_birth(one: Any, other: Any) -> sa.ColumnElement[bool]:
    return sa.and_(other.name == one.name, other.birth_on == one.birth_on)


def _bearers(number: Any) -> sa.ScalarSelect[int]:
    some = sa.select(Phone.id).where(Phone.number == number).limit(MOST_ALIKE + 1)
    return sa.select(sa.func.count()).select_from(some.subquery()).scalar_subquery()


def alike_ids(features: Features) -> set[str]:
    """Return the customers who share something with somebody who is about to be taken in."""
    ids: set[str] = set()
    shared = []
    if features.document_index is not None:
        shared.append(Customer.document_index == features.document_index)
    if features.birth_on is not None:
        shared.append(
            sa.and_(Customer.name == features.name, Customer.birth_on == features.birth_on)
        )
    if features.numbers:
        bearers = sa.select(Phone.customer_id).where(Phone.number.in_(sorted(features.numbers)))
        shared.append(Customer.id.in_(bearers))
    for condition in shared:
        found = sa.select(Customer.id).where(condition, Customer.merged_into_id.is_(None))
        ids.update(db.session.scalars(found.order_by(Customer.id).limit(MOST_ALIKE)))
    return ids


def features_of(customer_ids: Iterable[str]) -> dict[str, Features]:
    """Return what customers are compared by."""
    ids = sorted(set(customer_ids))
    numbers: dict[str, set[str]] = {}
    for customer_id, number in db.session.execute(
        sa.select(Phone.customer_id, Phone.number).where(is_among(Phone.customer_id, ids))
    ):
        numbers.setdefault(customer_id, set()).add(number)
    columns = (Customer.__table__.c[name] for name in FEATURES)
    rows = db.session.execute(sa.select(*columns).where(is_among(Customer.id, ids)))
    return {
        customer_id: Features(
            **dict(zip(FEATURES[1:], facts, strict=True)),
            numbers=frozenset(numbers.get(customer_id, ())),
        )
        for customer_id, *facts in rows
    }


def visible_names(customer_ids: Iterable[str], *, visible_to: Actor) -> dict[str, str]:
    """Return the names of those of these customers whom the actor may see."""
    whose: Any = Customer.id
    seen = sa.select(whose, shown_name(visible_to=visible_to))
    seen = seen.where(is_among(Customer.id, sorted(customer_ids)))
    rows = db.session.execute(limit_to(seen, visible_to=visible_to))
    return dict(rows.all())


def known_pairs(customer_ids: Collection[str]) -> dict[tuple[str, str], Duplicate]:
    """Return the pairs that are known already, by their first customer."""
    statement = sa.select(Duplicate).where(is_among(Duplicate.first_id, sorted(customer_ids)))
    found = db.session.scalars(statement.execution_options(populate_existing=True))
    return {(pair.first_id, pair.second_id): pair for pair in found}


def _visible(visible_to: Actor) -> sa.Select[Duplicate]:
    """Select the pairs of whom the actor may see both, each looked up: a page is short."""
    statement = sa.select(Duplicate)
    for end in (Duplicate.first_id, Duplicate.second_id):
        whose = sa.select(sa.literal(1)).where(Customer.id == end)
        is_seen = limit_to(whose, visible_to=visible_to).correlate(Duplicate)
        statement = statement.where(is_seen.scalar_subquery() == 1)
    return statement


def get_duplicate(duplicate_id: str, *, visible_to: Actor) -> Duplicate:
    """Return a pair.

    :raises NotFound: if there is none, or the actor may not see both of them
    """
    found = db.session.scalar(_visible(visible_to).where(Duplicate.id == duplicate_id))
    if found is None:
        raise NotFound("duplicate")
    return found


def list_duplicates(
    *,
    state: DuplicateState | None,
    least_score: int | None,
    customer_id: str | None,
    visible_to: Actor,
    page: PageRequest,
) -> Page:
    """Return pairs, those for whom most speaks first."""
    statement = _visible(visible_to)
    if state is not None:
        statement = statement.where(Duplicate.state == state)
    if least_score is not None:
        statement = statement.where(Duplicate.score >= least_score)
    if customer_id is not None:
        ends = (Duplicate.first_id == customer_id, Duplicate.second_id == customer_id)
        statement = statement.where(sa.or_(*ends))
    return fetch_page(statement, by=[Duplicate.score, Duplicate.id], page=page, descending=True)
