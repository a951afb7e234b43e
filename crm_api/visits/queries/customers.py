"""What visits know of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer, Relation
from crm_api.customers.terms import RelationKind
from crm_api.kit import runs
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.visits.models import LearnedFact, Visit
from crm_api.visits.queries.access import limit_to
from crm_api.visits.queries.whole import WHOLE
from crm_api.visits.terms import ObjectiveOutcome, VisitStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor

UNMET = (ObjectiveOutcome.NOT_MET, ObjectiveOutcome.PARTLY_MET)


_TOLD = sa.select(LearnedFact).options(
    joinedload(LearnedFact.visit).load_only(Visit.place), joinedload(LearnedFact.undoing)
)


def groups_of(customer_ids: Iterable[str]) -> Sequence[str]:
    """Return the groups whose key persons these customers are."""
    wanted = set(customer_ids)
    read = runs.read_once("groups", wanted, _groups) if locks.are_held(wanted) else _groups(wanted)
    return sorted({group_id for groups in read.values() for group_id in groups})


def _groups(customer_ids: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    statement = sa.select(Relation.other_id, Relation.customer_id).where(
        is_among(Relation.other_id, customer_ids), Relation.kind == RelationKind.KEY_PERSON
    )
    for person_id, group_id in db.session.execute(statement):
        found.setdefault(person_id, []).append(group_id)
    return found


def require_customers(customer_ids: Iterable[str], *, visible_to: Actor) -> None:
    """Make sure that all these customers exist for the actor.

    :raises NotFound: if one does not
    """
    wanted = set(customer_ids)
    statement = sa.select(Customer.id).where(Customer.id.in_(wanted))
    seen = db.session.scalars(customers.limit_to(statement, visible_to=visible_to)).all()
    if wanted - set(seen):
        raise NotFound("customer")


def find_last_recorded(customer_id: str, *, before: datetime) -> Visit | None:
    """Return the customer's last visit that was recorded."""
    statement = (
        sa.select(Visit)
        .where(
            Visit.customer_id == customer_id,
            Visit.status == VisitStatus.RECORDED,
            Visit.starts_at < before,
        )
        .order_by(Visit.starts_at.desc(), Visit.id.desc())
        .limit(1)
    )
    return db.session.scalars(statement.options(*WHOLE)).one_or_none()


def learned_at(customer_id: str) -> dict[str, datetime]:
    """Return when each fact of a customer's profile was last learned or confirmed."""
    statement = (
        sa.select(LearnedFact.field, sa.func.max(LearnedFact.created_at))
        .where(LearnedFact.customer_id == customer_id, ~LearnedFact.undoing.has())
        .group_by(LearnedFact.field)
    )
    return dict(db.session.execute(statement).all())


def learned_facts(customer_id: str, *, visible_to: Actor, page: PageRequest) -> Page:
    """Return who learned what of a customer, when, in which visit; newest first."""
    customers.get_customer(customer_id, visible_to=visible_to)
    statement = _TOLD.where(LearnedFact.customer_id == customer_id)
    by = (LearnedFact.created_at, LearnedFact.id)
    return fetch_page(statement, by=by, page=page, descending=True)


def get_fact(fact_id: str, *, visible_to: Actor) -> LearnedFact:
    """Return what somebody learned, as it stands now.

    :raises NotFound: if there is no such fact, or none that the actor may see
    """
    wanted = limit_to(_TOLD.where(LearnedFact.id == fact_id), LearnedFact, visible_to=visible_to)
    fresh = wanted.execution_options(populate_existing=True)
    fact: LearnedFact | None = db.session.execute(fresh).scalar_one_or_none()
    if fact is None:
        raise NotFound("learned fact")
    return fact


def is_told_since(fact: LearnedFact) -> bool:
    """Tell whether a later visit learned or confirmed the same, and nobody took that back."""
    later = sa.exists().where(
        LearnedFact.customer_id == fact.customer_id,
        LearnedFact.field == fact.field,
        LearnedFact.created_at > fact.created_at,
        ~LearnedFact.undoing.has(),
    )
    return db.session.scalar(sa.select(later)) is True
