"""What a brief is composed from, as far as no floor below offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import (
    Anniversary,
    Customer,
    DoNotDisturbWish,
    ExtendedProfile,
    LifeEvent,
    Relation,
)
from crm_api.customers.terms import RelationKind
from crm_api.kit.db import db
from crm_api.preparation.models import Brief

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date


MOST = 50


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


def key_persons(group_id: str) -> Sequence[tuple[Relation, str]]:
    """Return a group's key persons with their names, by name."""
    statement = (
        sa.select(Relation, Customer.name)
        .join(Customer, Customer.id == Relation.other_id)
        .where(Relation.customer_id == group_id, Relation.kind == RelationKind.KEY_PERSON)
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


def find_brief(visit_id: str, *, digest: str | None) -> Brief | None:
    """Return the brief of a visit as it was frozen under this digest."""
    statement = sa.select(Brief).where(Brief.visit_id == visit_id, Brief.digest == digest)
    return db.session.scalars(statement).one_or_none()
