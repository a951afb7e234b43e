"""Dates that look like no real ones, until somebody asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.calendars.terms import Calendar
from crm_api.care.doubts.models import ALL_OTHERS, BirthdayCheck
from crm_api.care.doubts.terms import Doubt
from crm_api.care.policies.birthdays import PLACEHOLDER_DATES
from crm_api.customers import queries as customers
from crm_api.customers.models import Anniversary, Customer
from crm_api.customers.terms import AnniversaryKind, Status
from crm_api.kit.db import db
from crm_api.kit.paging import fetch_page
from crm_api.kit.types import enum_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import Page, PageRequest

IS_UNCONFIRMED = Anniversary.confirmed_at.is_(None)
# Both placeholders fall on it, so that the index of days finds everything in doubt.
IS_NEW_YEARS_DAY = sa.and_(
    Anniversary.calendar == Calendar.SOLAR, Anniversary.month == 1, Anniversary.day == 1
)
IS_PLACEHOLDER = sa.and_(
    IS_NEW_YEARS_DAY, Anniversary.year.in_(sorted(year for year, _, _ in PLACEHOLDER_DATES))
)
# What a customer stated was heard from a person; what the document says may come from a system.
FOLLOWS_THE_DOCUMENT = sa.and_(
    Anniversary.kind == AnniversaryKind.BIRTHDAY, Anniversary.is_stated.is_(False)
)
IS_ONE_OF_A_MASS = sa.and_(
    IS_NEW_YEARS_DAY,
    FOLLOWS_THE_DOCUMENT,
    sa.exists().where(
        BirthdayCheck.team_id.in_([Customer.team_id, ALL_OTHERS]), BirthdayCheck.is_mass
    ),
)
IS_DOUBTFUL = sa.and_(IS_UNCONFIRMED, sa.or_(IS_PLACEHOLDER, IS_ONE_OF_A_MASS))
CONDITIONS = {Doubt.PLACEHOLDER: IS_PLACEHOLDER, Doubt.MASS: sa.not_(IS_PLACEHOLDER)}

_WHY = sa.case((IS_PLACEHOLDER, str(Doubt.PLACEHOLDER)), else_=str(Doubt.MASS))
SHOWN: tuple[Any, ...] = (
    Anniversary.id,
    Anniversary.version,
    Anniversary.customer_id,
    Customer.owner_id,
    Customer.team_id,
    Anniversary.kind,
    Anniversary.year,
    Anniversary.month,
    Anniversary.day,
    Anniversary.is_stated,
    sa.type_coerce(_WHY, enum_column(Doubt)).label("doubt"),
)


def birthdays_by_team() -> Sequence[Any]:
    """Return, of each team, how many birthdays follow documents, and how many are on 1 January.

    Placeholders are in doubt anyhow, and what was confirmed is none of it.
    """
    on_new_years_day = sa.func.sum(sa.case((IS_NEW_YEARS_DAY, 1), else_=0))
    return db.session.execute(
        sa.select(Customer.team_id, sa.func.count(), on_new_years_day)
        .join(Anniversary, Anniversary.customer_id == Customer.id)
        .where(FOLLOWS_THE_DOCUMENT, IS_UNCONFIRMED, sa.not_(IS_PLACEHOLDER))
        .group_by(Customer.team_id)
        .order_by(Customer.team_id)
    ).all()


def list_doubts(
    *,
    visible_to: Actor,
    page: PageRequest,
    doubt: Doubt | None = None,
    kind: AnniversaryKind | None = None,
    team_id: str | None = None,
    owner_id: str | None = None,
    customer_id: str | None = None,
) -> Page:
    """Return a page of dates in doubt, of customers who are still with us, oldest entry first."""
    name = customers.shown_name(visible_to=visible_to).label("customer_name")
    statement: sa.Select[Any] = sa.select(*SHOWN, name)
    statement = (
        statement.join(Customer, Customer.id == Anniversary.customer_id)
        .where(IS_NEW_YEARS_DAY, IS_DOUBTFUL)
        .where(Customer.status.in_((Status.ACTIVE, Status.SUSPENDED)))
    )
    wanted = (
        (Anniversary.kind, kind),
        (Customer.team_id, team_id),
        (Customer.owner_id, owner_id),
        (Customer.id, customer_id),
    )
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    if doubt is not None:
        statement = statement.where(CONDITIONS[doubt])
    statement = customers.limit_to(statement, visible_to=visible_to)
    return fetch_page(statement, by=[Anniversary.id], page=page)
