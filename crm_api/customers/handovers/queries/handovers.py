"""Handovers as people look them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Staff
from crm_api.customers.handovers.models import HandedCustomer, Handover, HandoverShare
from crm_api.customers.models import Customer
from crm_api.customers.queries.access import limit_to, shown_name
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.accounts.actors import Actor
    from crm_api.customers.handovers.terms import HandoverState, Outcome
    from crm_api.kit.paging import PageRequest

SEES_ALL = (Role.ADMIN, Role.AUDITOR)


def get_handover(handover_id: str, *, visible_to: Actor) -> Handover:
    """Return a handover.

    :raises NotFound: if there is none, or none that the actor may see
    """
    sought = _visible(visible_to).where(Handover.id == handover_id)
    handover = db.session.scalars(sought).one_or_none()
    if handover is None:
        raise NotFound("handover")
    return handover


def list_handovers(
    *,
    visible_to: Actor,
    page: PageRequest,
    staff_id: str | None = None,
    state: HandoverState | None = None,
) -> Page:
    """Return handovers, newest first."""
    statement = _visible(visible_to)
    if staff_id is not None:
        statement = statement.where(_concerns([staff_id]))
    if state is not None:
        statement = statement.where(Handover.state == state)
    return fetch_page(statement, by=[Handover.id], page=page, descending=True)


def list_handed_customers(
    handover_id: str, *, visible_to: Actor, page: PageRequest, outcome: Outcome | None = None
) -> Page:
    """Return what became of each customer, as far as the actor may see them.

    :raises NotFound: if there is no such handover, or none that the actor may see
    """
    get_handover(handover_id, visible_to=visible_to)
    shown: tuple[Any, ...] = (
        HandedCustomer.customer_id,
        shown_name(visible_to=visible_to).label("name"),
        Customer.tier,
        HandedCustomer.receiver_id,
        HandedCustomer.outcome,
    )
    statement = (
        sa.select(*shown)
        .join(Customer, Customer.id == HandedCustomer.customer_id)
        .where(HandedCustomer.handover_id == handover_id)
    )
    if outcome is not None:
        statement = statement.where(HandedCustomer.outcome == outcome)
    statement = limit_to(statement, visible_to=visible_to)
    return fetch_page(statement, by=[HandedCustomer.customer_id], page=page)


def shares_of(handover_ids: Collection[str]) -> dict[str, list[HandoverShare]]:
    """Return who receives customers, by handover, in the order they were named."""
    sought = sa.select(HandoverShare).where(HandoverShare.handover_id.in_(handover_ids))
    found: dict[str, list[HandoverShare]] = {}
    for share in db.session.scalars(sought.order_by(HandoverShare.position)):
        found.setdefault(share.handover_id, []).append(share)
    return found


def count_outcomes(handover_ids: Collection[str]) -> dict[str, dict[Outcome, int]]:
    """Return how many customers came to what, by handover."""
    sought = (
        sa.select(HandedCustomer.handover_id, HandedCustomer.outcome, sa.func.count())
        .where(HandedCustomer.handover_id.in_(handover_ids))
        .group_by(HandedCustomer.handover_id, HandedCustomer.outcome)
    )
    found: dict[str, dict[Outcome, int]] = {}
    for handover_id, outcome, count in db.session.execute(sought):
        found.setdefault(handover_id, {})[outcome] = count
    return found


def _visible(actor: Actor) -> sa.Select[Handover]:
    """Select those of one's own customers, or of somebody's in a manager's teams."""
    statement = sa.select(Handover)
    if actor.role in SEES_ALL:
        return statement
    if actor.role is not Role.MANAGER:
        return statement.where(_concerns([actor.id]))
    teams = accounts.subtree_team_ids(actor.team_path)
    return statement.where(_concerns(sa.select(Staff.id).where(Staff.team_id.in_(teams))))


def _concerns(staff: Any) -> sa.ColumnElement[bool]:
    received = sa.select(HandoverShare.handover_id).where(HandoverShare.receiver_id.in_(staff))
    return sa.or_(Handover.giver_id.in_(staff), Handover.id.in_(received))
