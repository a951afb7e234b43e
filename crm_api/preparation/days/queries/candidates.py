"""Who of a portfolio might be visited: each reason is one bounded select, however large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_history.models import History
from crm_api.customers import queries as customers
from crm_api.customers.models import Anniversary, Customer, LifeEvent
from crm_api.customers.policies.dates import dates_falling_between
from crm_api.customers.policies.tiers import rank
from crm_api.customers.terms import Channel, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.types import UTCDateTime
from crm_api.preparation.days.values import Candidate
from crm_api.visits.models import FollowUp, Promise
from crm_api.visits.promises.queries import IS_OPEN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor

# Of each reason, so many of the most urgent: nobody visits more of them in a month.
MOST = 400
SERVED = (Status.ACTIVE, Status.SUSPENDED)


def portfolio_of(statement: Any, *, owner_id: str | None, visible_to: Actor) -> Any:
    """Limit a select over customers to those served of a portfolio that the actor may see."""
    if owner_id is not None:
        statement = statement.where(Customer.owner_id == owner_id)
    return customers.limit_to(statement.where(Customer.status.in_(SERVED)), visible_to=visible_to)


def silent_customers(due_before: Mapping[Tier, datetime], **whose: Any) -> Sequence[str]:
    """Return who heard nothing since their tier's moment; the dearest and most silent first."""
    since = sa.func.coalesce(History.last_two_way_at, Customer.created_at)
    moments = {tier.value: sa.literal(at, UTCDateTime()) for tier, at in due_before.items()}
    tier = sa.type_coerce(Customer.tier, sa.String())
    statement = (
        sa.select(Customer.id)
        .outerjoin(History, History.customer_id == Customer.id)
        .where(since < sa.case(moments, value=tier))
        .order_by(sa.case({t.value: rank(t) for t in Tier}, value=tier).desc(), since, Customer.id)
    )
    return db.session.scalars(portfolio_of(statement, **whose).limit(MOST)).all()


def tasks_open(model: Any, *, due_by: date, **whose: Any) -> Sequence[sa.Row[Any]]:
    """Return promises or follow-ups that a visit would serve, the most urgent first."""
    statement = sa.select(model.customer_id, model.id, model.text, model.due_on)
    statement = statement.join(Customer, Customer.id == model.customer_id).where(
        model.due_on <= due_by, *OPEN[model]
    )
    ordered = portfolio_of(statement, **whose).order_by(model.due_on, model.id)
    return db.session.execute(ordered.limit(MOST)).all()


OPEN: dict[Any, tuple[Any, ...]] = {
    Promise: (IS_OPEN,),
    FollowUp: (
        FollowUp.done_at.is_(None),
        FollowUp.next_visit_id.is_(None),
        sa.or_(FollowUp.channel.is_(None), FollowUp.channel == Channel.VISIT),
    ),
}


def anniversaries_falling(start: date, end: date, **whose: Any) -> Sequence[Any]:
    """Return the days of the year that come round in this time, by sun and by moon.

    Each with the kind of customer whose it is.
    """
    wanted = sorted(dates_falling_between(start, end))
    key = sa.tuple_(Anniversary.calendar, Anniversary.month, Anniversary.day)
    statement = sa.select(Anniversary, Customer.kind).join(
        Customer, Customer.id == Anniversary.customer_id
    )
    statement = statement.where(key.in_([tuple(day) for day in wanted]))
    ordered = portfolio_of(statement, **whose).order_by(Anniversary.id)
    return db.session.execute(ordered.limit(MOST)).all()


def life_events_between(start: date, end: date, **whose: Any) -> Sequence[Any]:
    """Return what happens to customers in this time, each with the kind of customer."""
    statement = sa.select(LifeEvent, Customer.kind).join(
        Customer, Customer.id == LifeEvent.customer_id
    )
    statement = statement.where(LifeEvent.happened_on.between(start, end))
    ordered = portfolio_of(statement, **whose).order_by(LifeEvent.happened_on, LifeEvent.id)
    return db.session.execute(ordered.limit(MOST)).all()


def contracts_ending(start: date, end: date, **whose: Any) -> Sequence[sa.Row[Any]]:
    """Return whose contract ends in this time, the soonest first."""
    ends = Customer.contract_end_on
    statement = sa.select(Customer.id, ends, Customer.plan_name).where(ends.between(start, end))
    ordered = portfolio_of(statement, **whose).order_by(ends, Customer.id)
    return db.session.execute(ordered.limit(MOST)).all()


def find_candidates(customer_ids: Collection[str], *, visible_to: Actor) -> dict[str, Candidate]:
    """Return these customers, whom the caller has found already, with when they last heard."""
    statement = (
        sa.select(
            Customer.id.label("customer_id"),
            customers.shown_name(visible_to=visible_to).label("name"),
            Customer.kind,
            Customer.tier,
            Customer.owner_id,
            Customer.created_at.label("known_since"),
            History.last_two_way_at,
            History.last_visit_at,
        )
        .outerjoin(History, History.customer_id == Customer.id)
        .where(Customer.id.in_(customer_ids))
    )
    rows = db.session.execute(statement).mappings()
    return {row["customer_id"]: Candidate(**row) for row in rows}
