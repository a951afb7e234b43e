"""What a briefing is composed from: a statement for each kind of thing, whatever the page holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage
from crm_api.care.queries.messages import IS_WAITING
from crm_api.contact_history import queries as contact_history
from crm_api.customers import queries as customers
from crm_api.customers.handovers import queries as handovers
from crm_api.customers.models import (
    Anniversary,
    Customer,
    DoNotDisturbWish,
    ExtendedProfile,
    HandedCustomer,
)
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.paging import fetch_page
from crm_api.visits.models import FollowUp, Promise, Visit
from crm_api.visits.policies.progress import UNCLOSED
from crm_api.visits.promises.queries import IS_OPEN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.contact_history.models import History
    from crm_api.customers.handovers.terms import Outcome
    from crm_api.kit.paging import Page, PageRequest

    Grouped = dict[str, list[Any]]


def list_handed(
    handover_id: str,
    *,
    visible_to: Actor,
    page: PageRequest,
    receiver_id: str | None,
    outcome: Outcome | None,
) -> Page:
    """Return the customers of a handover, as far as the actor may see them.

    :raises NotFound: if there is no such handover, or none that the actor may see
    """
    handovers.get_handover(handover_id, visible_to=visible_to)
    shown: tuple[Any, ...] = (
        Customer.id.label("customer_id"),
        customers.shown_name(visible_to=visible_to).label("name"),
        Customer.kind,
        Customer.tier,
        Customer.status,
        Customer.phone,
        HandedCustomer.receiver_id,
        HandedCustomer.outcome,
    )
    statement = (
        sa.select(*shown)
        .join(HandedCustomer, HandedCustomer.customer_id == Customer.id)
        .where(HandedCustomer.handover_id == handover_id)
    )
    wanted = ((HandedCustomer.receiver_id, receiver_id), (HandedCustomer.outcome, outcome))
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    statement = customers.limit_to(statement, visible_to=visible_to)
    return fetch_page(statement, by=[Customer.id], page=page)


def profiles(ids: Collection[str]) -> dict[str, ExtendedProfile]:
    """Return what makes them persons, as far as anybody told."""
    found = db.session.scalars(sa.select(ExtendedProfile).where(is_among(ExtendedProfile.id, ids)))
    return {profile.id: profile for profile in found}


def facts(ids: Collection[str]) -> dict[str, History]:
    """Return when they were last in touch."""
    return contact_history.contact_facts(ids)


def open_visits(ids: Collection[str]) -> Grouped:
    """Return the visits that nobody closed, the soonest first."""
    return _grouped(
        sa.select(Visit)
        .where(is_among(Visit.customer_id, ids), Visit.status.in_(UNCLOSED))
        .order_by(Visit.starts_at, Visit.id)
    )


def open_promises(ids: Collection[str]) -> Grouped:
    """Return what we still owe them, the most urgent first."""
    return _grouped(
        sa.select(Promise)
        .where(is_among(Promise.customer_id, ids), IS_OPEN)
        .order_by(Promise.due_on, Promise.id)
    )


def open_follow_ups(ids: Collection[str]) -> Grouped:
    """Return the tasks that visits left, the most urgent first."""
    return _grouped(
        sa.select(FollowUp)
        .where(is_among(FollowUp.customer_id, ids), FollowUp.done_at.is_(None))
        .order_by(FollowUp.due_on, FollowUp.id)
    )


def wishes_in_force(ids: Collection[str], *, on: date) -> Grouped:
    """Return their do-not-disturb wishes, the oldest first."""
    ends = DoNotDisturbWish.ends_on
    return _grouped(
        sa.select(DoNotDisturbWish)
        .where(
            is_among(DoNotDisturbWish.customer_id, ids),
            DoNotDisturbWish.lifted_at.is_(None),
            sa.or_(ends.is_(None), ends >= on),
        )
        .order_by(DoNotDisturbWish.id)
    )


def anniversaries(ids: Collection[str]) -> Grouped:
    """Return the days of the year that matter to them."""
    return _grouped(
        sa.select(Anniversary)
        .where(is_among(Anniversary.customer_id, ids))
        .order_by(Anniversary.id)
    )


def planned_care(ids: Collection[str]) -> Grouped:
    """Return the greetings that wait for their day, the soonest first."""
    return _grouped(
        sa.select(CareMessage)
        .where(is_among(CareMessage.customer_id, ids), IS_WAITING)
        .order_by(CareMessage.due_at, CareMessage.id)
    )


def _grouped(statement: sa.Select[Any]) -> Grouped:
    found: Grouped = {}
    rows: Sequence[Any] = db.session.scalars(statement).all()
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found
