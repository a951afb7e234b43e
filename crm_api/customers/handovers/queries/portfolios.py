"""Portfolios as a handover finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Staff, Standing
from crm_api.customers.handovers.models import HandedCustomer, Handover, HandoverShare
from crm_api.customers.handovers.terms import OPEN_STATES
from crm_api.customers.models import Customer
from crm_api.customers.queries.access import limit_to
from crm_api.customers.terms import Status
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.customers.terms import Tier


# What was merged follows its survivor, and nobody is left of who was erased.
GOES_ON = sa.and_(Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))


def find_visible(customer_ids: Collection[str], *, giver_id: str, visible_to: Actor) -> set[str]:
    """Return those of these customers who are the giver's, and the actor's to see."""
    statement = sa.select(Customer.id).where(
        is_among(Customer.id, customer_ids), Customer.owner_id == giver_id, GOES_ON
    )
    return set(db.session.scalars(limit_to(statement, visible_to=visible_to)))


def read_rest(
    giver_id: str, *, within_team_id: str | None, named: Collection[str]
) -> Sequence[tuple[str, str | None, Tier]]:
    """Return everybody else of a portfolio: id, person and tier."""
    statement = sa.select(Customer.id, Customer.person_id, Customer.tier)
    statement = statement.where(Customer.owner_id == giver_id, GOES_ON)
    if within_team_id is not None:
        teams = accounts.team_ids_from(within_team_id)
        statement = statement.where(Customer.team_id.in_(teams))
    known = set(named)
    rows = db.session.execute(statement.order_by(Customer.id))
    return [(one.id, one.person_id, one.tier) for one in rows if one.id not in known]


def find_clashing(
    customer_ids: Collection[str], *, giver_id: str, takes_rest: bool
) -> Sequence[str]:
    """Return the open handovers that hold one of these customers, or the giver's rest as well."""
    held = sa.select(HandedCustomer.handover_id).where(
        is_among(HandedCustomer.customer_id, customer_ids)
    )
    clashes: sa.ColumnElement[bool] = Handover.id.in_(held)
    if takes_rest:
        whole = sa.and_(Handover.giver_id == giver_id, Handover.takes_rest)
        clashes = sa.or_(clashes, whole)
    statement = sa.select(Handover.id).where(Handover.state.in_(OPEN_STATES), clashes)
    return db.session.scalars(statement.order_by(Handover.id)).all()


def hold_receivers(
    staff_ids: Collection[str], *, visible_to: Actor | None = None
) -> dict[str, str]:
    """Return the teams of those of these people who are account managers at work.

    Held until the transaction ends, so that nobody leaves while customers are given to them.
    """
    statement = sa.select(Staff).where(
        Staff.id.in_(staff_ids),
        Staff.role == Role.ACCOUNT_MANAGER,
        Staff.status == Standing.ACTIVE,
    )
    if visible_to is not None and visible_to.role is not Role.ADMIN:
        teams = accounts.subtree_team_ids(visible_to.team_path)
        statement = statement.where(Staff.team_id.in_(teams))
    held = db.session.scalars(accounts.holding(statement.order_by(Staff.id)))
    return {staff.id: staff.team_id for staff in held}


def lock_portfolio(customer_ids: Collection[str]) -> dict[str, Customer]:
    """Return these customers as they are now; their subjects are locked."""
    statement = sa.select(Customer).where(is_among(Customer.id, customer_ids))
    fresh = statement.order_by(Customer.id).execution_options(populate_existing=True)
    return {customer.id: customer for customer in db.session.scalars(fresh)}


def tiers_of(customer_ids: Collection[str]) -> dict[str, Tier]:
    """Return the tier of each customer."""
    statement = sa.select(Customer.id, Customer.tier).where(is_among(Customer.id, customer_ids))
    return dict(db.session.execute(statement).all())


def count_by_status(staff_id: str) -> dict[Status, int]:
    """Return how many customers somebody has, by how they stand with the operator."""
    counted = sa.select(Customer.status, sa.func.count()).where(
        Customer.owner_id == staff_id, GOES_ON
    )
    found = db.session.execute(counted.group_by(Customer.status)).all()
    return dict.fromkeys(Status, 0) | dict(found)


def find_open_ids(staff_id: str, *, limit: int = 100) -> Sequence[str]:
    """Return the open handovers that somebody gives or receives by, the oldest first."""
    received = sa.select(HandoverShare.handover_id).where(HandoverShare.receiver_id == staff_id)
    concerned = sa.or_(Handover.giver_id == staff_id, Handover.id.in_(received))
    statement = sa.select(Handover.id).where(Handover.state.in_(OPEN_STATES), concerned)
    return db.session.scalars(statement.order_by(Handover.id).limit(limit)).all()
