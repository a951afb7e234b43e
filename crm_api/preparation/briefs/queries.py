"""What a brief is composed from, as far as no floor below offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, defer, selectinload

from crm_api.accounts.models import Team
from crm_api.contact_frequency.models import Hold
from crm_api.customers import queries as customers
from crm_api.customers.models import (
    Anniversary,
    Customer,
    DoNotDisturbWish,
    ExtendedProfile,
    LifeEvent,
    Relation,
)
from crm_api.customers.terms import Kind, RelationKind
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.kit.types import UTCDateTime
from crm_api.preparation.briefs.models import WITHDRAWN, Brief, is_newest
from crm_api.preparation.briefs.policies.naming import Portfolio
from crm_api.visits.models import Visit
from crm_api.visits.models.visit import IS_OPEN
from crm_api.visits.terms import VisitStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

MOST = 50
TO_COME = (VisitStatus.PLANNED, VisitStatus.CONFIRMED)


def find_profile(customer_id: str) -> ExtendedProfile | None:
    """Return what makes the customer a person, as far as anybody told."""
    return db.session.get(ExtendedProfile, customer_id)


def wishes_in_force(customer_id: str, *, on: date) -> Sequence[DoNotDisturbWish]:
    """Return the customer's do-not-disturb wishes, oldest first."""
    ends = DoNotDisturbWish.ends_on
    statement = sa.select(DoNotDisturbWish).where(
        DoNotDisturbWish.customer_id == customer_id,
        DoNotDisturbWish.lifted_at.is_(None),
        sa.or_(ends.is_(None), ends >= on),
    )
    return db.session.scalars(statement.order_by(DoNotDisturbWish.id).limit(MOST)).all()


def key_persons(group: Customer) -> Sequence[tuple[Relation, str]]:
    """Return a group's key persons with their names, by name.

    Those whom the group's account manager looks after as well: whoever reads the brief may see
    them, and whose customers the others are is theirs to tell.
    """
    statement = (
        sa.select(Relation, Customer.name)
        .join(Customer, Customer.id == Relation.other_id)
        .where(Relation.customer_id == group.id, Relation.kind == RelationKind.KEY_PERSON)
        .where(Customer.owner_id == group.owner_id, Customer.team_id == group.team_id)
        .order_by(Customer.name, Customer.id)
        .limit(MOST)
    )
    return [(relation, name) for relation, name in db.session.execute(statement)]


def anniversaries(customer_ids: Collection[str]) -> Sequence[Anniversary]:
    """Return the days that matter to these customers."""
    statement = sa.select(Anniversary).where(Anniversary.customer_id.in_(customer_ids))
    return db.session.scalars(statement.order_by(Anniversary.id).limit(MOST)).all()


def life_events(customer_ids: Collection[str], *, start: date, end: date) -> Sequence[LifeEvent]:
    """Return what will happen to these customers from a day to another, both included."""
    statement = sa.select(LifeEvent).where(
        LifeEvent.customer_id.in_(customer_ids), LifeEvent.happened_on.between(start, end)
    )
    return db.session.scalars(statement.order_by(LifeEvent.id).limit(MOST)).all()


def holds_in_force(customer: Customer, *, at: datetime) -> list[tuple[str, str]]:
    """Return why care stands still for a customer, or for their region: the kind and the reason."""
    path = sa.select(Team.path).where(Team.id == customer.team_id).scalar_subquery()
    statement = sa.select(Hold.kind, Hold.reason).where(
        sa.or_(Hold.customer_id == customer.id, path.startswith(Hold.team_path, autoescape=False)),
        Hold.lifted_at.is_(None),
        Hold.from_at <= at,
        sa.or_(Hold.until_at.is_(None), Hold.until_at > at),
    )
    rows = db.session.execute(statement.order_by(Hold.created_at, Hold.id).limit(MOST))
    return [(kind.value, reason) for kind, reason in rows]


def coming_visits(
    after: tuple[datetime, str], *, until: datetime, limit: int, lost_theirs: bool
) -> Sequence[Visit]:
    """Return visits to be made until then, with what a brief of them says, in their order.

    Of all, or of those alone that lost their brief, since it was withdrawn.
    """
    place = sa.tuple_(Visit.starts_at, Visit.id)
    statement = (
        sa.select(Visit)
        .options(selectinload(Visit.objectives), selectinload(Visit.persons))
        .where(Visit.status.in_(TO_COME), Visit.starts_at < until)
        .where(place > sa.tuple_(sa.literal(after[0], UTCDateTime()), sa.literal(after[1])))
        .order_by(Visit.starts_at, Visit.id)
    )
    if lost_theirs:
        statement = statement.where(_have_lost_theirs())
    return db.session.scalars(statement.limit(limit)).all()


def _have_lost_theirs() -> sa.ColumnElement[bool]:
    withdrawn = sa.select(Brief.visit_id).where(sa.text(f"briefs.{WITHDRAWN}"))
    stands = sa.exists().where(Brief.visit_id == Visit.id, is_newest(Brief.__table__))
    return sa.and_(Visit.id.in_(withdrawn), ~stands)


def stale_briefs(moved: Collection[str], *, owner_ids: Collection[str]) -> Sequence[str]:
    """Return the briefs of open visits to groups that name who is in another portfolio by now.

    As far as these customers moved: those of visits to them, to groups whose key persons they are,
    and those of their former owners, which may name whose relation ended since. The names are
    looked for in the database: a brief is long, and all that an owner has would travel.
    """
    group: Any = aliased(Customer)
    found = sa.select(Brief.id).join(Visit, Visit.id == Brief.visit_id)
    found = found.join(group, group.id == Visit.customer_id).where(
        Visit.id.in_(_open_visits(moved, owner_ids=owner_ids)),
        group.kind == Kind.GROUP,
        is_newest(Brief.__table__),
        _names_another_portfolio(group),
    )
    return db.session.scalars(found).all()


def _open_visits(moved: Collection[str], *, owner_ids: Collection[str]) -> Any:
    is_open = sa.text(f"visits.{IS_OPEN}")
    theirs = sa.select(Visit.id).where(is_open)
    related = theirs.join(Relation, Relation.customer_id == Visit.customer_id).where(
        Relation.kind == RelationKind.KEY_PERSON, is_among(Relation.other_id, moved)
    )
    own = theirs.where(is_among(Visit.customer_id, moved))
    return sa.union_all(own, related, theirs.where(is_among(Visit.owner_id, owner_ids)))


def _names_another_portfolio(group: Any) -> sa.ColumnElement[bool]:
    person: Any = aliased(Customer)
    named, person_id = _key_persons_named()
    return (
        sa.exists()
        .select_from(named)
        .where(person.id == person_id)
        .where(
            sa.or_(
                person.owner_id.is_distinct_from(group.owner_id), person.team_id != group.team_id
            )
        )
        .correlate(Brief, group)
    )


def _key_persons_named() -> tuple[Any, Any]:
    """Return the key persons of a brief's content as rows, and the id of each."""
    if db.engine.dialect.name == "sqlite":
        each = sa.func.json_each(Brief.content, "$.profile.key_persons")
        named = each.table_valued("value", joins_implicitly=True)
        return named, sa.func.json_extract(named.c.value, "$.customer_id")
    persons = sa.func.jsonb_extract_path(Brief.content, "profile", "key_persons")
    named = sa.func.jsonb_array_elements(persons).table_valued("value", joins_implicitly=True)
    return named, sa.func.jsonb_extract_path_text(named.c.value, "customer_id")


def portfolios_of(customer_ids: Collection[str]) -> dict[str, Portfolio]:
    """Return in whose portfolios these customers are."""
    statement = sa.select(Customer.id, Customer.owner_id, Customer.team_id)
    rows = db.session.execute(statement.where(is_among(Customer.id, customer_ids)))
    return {row.id: Portfolio(row.owner_id, row.team_id) for row in rows}


def seen_of(customer_ids: Collection[str], *, visible_to: Actor) -> set[str]:
    """Return which of these customers somebody may see."""
    statement = sa.select(Customer.id).where(is_among(Customer.id, customer_ids))
    return set(db.session.scalars(customers.limit_to(statement, visible_to=visible_to)))


def told_of(customer_id: str) -> set[str]:
    """Return of whom a customer's brief tells: of the customer, and of a group's key persons."""
    persons = sa.select(Relation.other_id).where(
        Relation.customer_id == customer_id, Relation.kind == RelationKind.KEY_PERSON
    )
    return {customer_id, *db.session.scalars(persons)}


def whose_visits(visit_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return, of these visits, those yet to be made: the customer of each, and who makes it."""
    statement = (
        sa.select(Visit.id, Visit.customer_id, Visit.owner_id)
        .join(Customer, Customer.id == Visit.customer_id)
        .where(Visit.id.in_(visit_ids), Visit.status.in_(TO_COME), Customer.erased_at.is_(None))
    )
    return {visit_id: (one, other) for visit_id, one, other in db.session.execute(statement)}


def brief_ids(visit_id: str) -> Sequence[str]:
    """Return the ids of all that was frozen for a visit."""
    kept = sa.select(Brief.id).where(Brief.visit_id == visit_id)
    return db.session.scalars(kept.order_by(Brief.id)).all()


def find_brief(visit_id: str, *, digest: str | None) -> Brief | None:
    """Return the brief of a visit as it was frozen under this digest."""
    statement = sa.select(Brief).where(Brief.visit_id == visit_id, Brief.digest == digest)
    return db.session.scalars(statement).one_or_none()


def get_brief(visit_id: str, *, digest: str) -> Brief:
    """Return the brief of a visit as it was frozen under this digest.

    :raises NotFound: if the visit has none, or the law had it emptied
    """
    brief = find_brief(visit_id, digest=digest)
    if brief is None or not brief.content:
        raise NotFound("brief")
    return brief


def briefs(visit_id: str, *, page: PageRequest) -> Page:
    """Return the frozen briefs of a visit without their content, the newest first."""
    heads = sa.select(Brief).where(Brief.visit_id == visit_id).options(defer(Brief.content))
    return fetch_page(heads, by=(Brief.created_at, Brief.id), page=page, descending=True)
