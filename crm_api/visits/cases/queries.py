"""Case cards, lessons, and the names that neither may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Staff
from crm_api.customers.models import Customer, ExtendedProfile, Place, Relation
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.cases.models import CaseCard
from crm_api.visits.cases.terms import CardStatus
from crm_api.visits.models import Visit, VisitPerson, VisitRecord

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def get_card(card_id: str, *, visible_to: Actor, for_change: bool = False) -> CaseCard:
    """Return a case card; for a change, as it is now, locked.

    :raises NotFound: if there is none, or none that the actor may read
    """
    statement = sa.select(CaseCard).where(CaseCard.id == card_id, _may_read(visible_to))
    if for_change:
        statement = statement.with_for_update(key_share=True)
        statement = statement.execution_options(populate_existing=True)
    card = db.session.scalars(statement).one_or_none()
    if card is None:
        raise NotFound("case card")
    return card


def cards(*, visible_to: Actor, page: PageRequest, **equal: Any) -> Page:
    """Return the case cards that one may read, newest first."""
    statement = sa.select(CaseCard).where(_may_read(visible_to))
    for name, value in equal.items():
        if value is not None:
            statement = statement.where(getattr(CaseCard, name) == value)
    by = (CaseCard.created_at, CaseCard.id)
    return fetch_page(statement, by=by, page=page, descending=True)


def find_taken(card_id: str | None) -> CaseCard | None:
    """Return whatever card has this id, to tell a repeat from a clash."""
    return None if card_id is None else db.session.get(CaseCard, card_id)


def _may_read(actor: Actor) -> sa.ColumnElement[bool]:
    """Let authors read their own, managers their teams', and all what is shared with them.

    What its author took back, nobody else reads.
    """
    is_kept = CaseCard.status != CardStatus.WITHDRAWN
    return sa.or_(CaseCard.by_id == actor.id, sa.and_(is_kept, _is_shown(actor)))


def _is_shown(actor: Actor) -> sa.ColumnElement[bool]:
    if actor.role in (Role.ADMIN, Role.AUDITOR):
        return sa.true()
    line = actor.team_path.strip("/").split("/")
    shared = sa.and_(CaseCard.status == CardStatus.SHARED, CaseCard.team_id.in_(line))
    if actor.role is not Role.MANAGER:
        return shared
    return sa.or_(shared, CaseCard.team_id.in_(accounts.subtree_team_ids(actor.team_path)))


def lessons(*, page: PageRequest, **wanted: Any) -> Page:
    """Return the retrospectives that were shared in a span of time, newest record first.

    Everybody reads those of the own team and the teams beneath it: they name nobody.
    """
    told = (joinedload(VisitRecord.author), joinedload(VisitRecord.visit))
    statement = _lessons(sa.select(VisitRecord).options(*told), **wanted)
    by = (VisitRecord.created_at, VisitRecord.visit_id)
    return fetch_page(statement, by=by, page=page, descending=True)


def count_lessons(**wanted: Any) -> int:
    """Return how many there are of them."""
    number = _lessons(sa.select(sa.func.count(VisitRecord.visit_id)), **wanted)
    return db.session.scalar(number) or 0


def _lessons(
    statement: sa.Select[Any],
    *,
    visible_to: Actor,
    team_id: str | None,
    start: datetime,
    end: datetime,
) -> sa.Select[Any]:
    statement = (
        statement.join(Visit, Visit.id == VisitRecord.visit_id)
        .join(Customer, Customer.id == Visit.customer_id)
        .where(VisitRecord.created_at >= start, VisitRecord.created_at < end)
        .where(VisitRecord.shared_at.is_not(None))
    )
    if visible_to.role not in (Role.ADMIN, Role.AUDITOR):
        mine = accounts.subtree_team_ids(visible_to.team_path)
        statement = statement.where(Customer.team_id.in_(mine))
    if team_id is not None:
        statement = statement.where(Customer.team_id.in_(accounts.team_ids_from(team_id)))
    return statement


def names_around(*, customer_ids: Collection[str], owner_ids: Collection[str]) -> set[str]:
    """Return whom a text about these customers may name: they, theirs, their owners' others.

    All of them: a name that a limit cuts off would be told to a whole team. Where a portfolio was
    handed over since, the others are now with whoever has these customers.
    """
    other = aliased(Customer)
    owned_now = sa.select(other.owner_id).where(other.id.in_(customer_ids))
    told = [
        sa.select(Customer.name).where(Customer.id.in_(customer_ids)),
        sa.select(Customer.name).where(
            sa.or_(Customer.owner_id.in_(owner_ids), Customer.owner_id.in_(owned_now))
        ),
        sa.select(other.name)
        .join(Relation, Relation.other_id == other.id)
        .where(Relation.customer_id.in_(customer_ids)),
        sa.select(other.name)
        .join(Relation, Relation.customer_id == other.id)
        .where(Relation.other_id.in_(customer_ids)),
        sa.select(VisitPerson.name)
        .join(Visit, Visit.id == VisitPerson.visit_id)
        .where(Visit.customer_id.in_(customer_ids)),
        sa.select(Staff.name).where(Staff.id.in_(owner_ids)),
        # As good as a name, and often not written like an address.
        sa.select(Place.address).where(Place.customer_id.in_(customer_ids)),
        sa.select(Visit.place).where(Visit.customer_id.in_(customer_ids)),
        sa.select(ExtendedProfile.employer).where(ExtendedProfile.id.in_(customer_ids)),
    ]
    return set(db.session.scalars(sa.union(*told)))
