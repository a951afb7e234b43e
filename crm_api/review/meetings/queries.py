"""What a team goes through in the morning; each is one list, and its number is counted over it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Staff
from crm_api.calendars import service as calendars
from crm_api.contact_history.models import History
from crm_api.customers import queries as customers
from crm_api.customers.models import Anniversary, Customer
from crm_api.customers.policies.dates import dates_falling_between
from crm_api.customers.policies.tiers import rank
from crm_api.customers.terms import AnniversaryKind, Status, Tier
from crm_api.kit.db import db
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.kit.types import UTCDateTime
from crm_api.review.meetings.terms import Risk
from crm_api.review.meetings.values import Section
from crm_api.visits import queries as visits
from crm_api.visits.models import Promise, Visit
from crm_api.visits.promises.queries import IS_OPEN
from crm_api.visits.terms import Side, VisitStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_api.contact_history.cadences.policies import Cadence
    from crm_api.review.meetings.values import Meeting

SERVED = (Status.ACTIVE, Status.SUSPENDED)
CONTRACT_AHEAD = timedelta(days=60)  # what the signal of an ending contract looks at
LEFT_WAITING_FOR = timedelta(days=30)
_TIER = sa.type_coerce(Customer.tier, sa.String())
DEAREST = sa.case({tier.value: rank(tier) for tier in Tier}, value=_TIER)


def due_visits(meeting: Meeting) -> Section:
    """Return the visits of the day, by the hour."""
    of_the_day = (
        Visit.starts_at >= meeting.starts_at,
        Visit.starts_at < meeting.ends_at,
        Visit.status != VisitStatus.CANCELLED,
    )
    return Section(_visits(meeting).where(*of_the_day), by=(Visit.starts_at, Visit.id))


def unclosed_visits(meeting: Meeting) -> Section:
    """Return the visits of earlier days that nobody closed, oldest first."""
    unclosed = visits.is_unclosed(meeting.starts_at)
    return Section(_visits(meeting).where(unclosed), by=(Visit.ends_at, Visit.id))


def customers_at_risk(meeting: Meeting) -> Section:
    """Return who may be about to leave us and why, the dearest first."""
    risks = _risks(meeting)
    flags = [sa.func.coalesce(found, sa.false()).label(risk) for risk, found in risks.items()]
    statement = _customers(meeting).add_columns(*flags).where(sa.or_(*risks.values()))
    return Section(statement, by=(DEAREST, Customer.id), descending=True)


def _risks(meeting: Meeting) -> Mapping[Risk, sa.ColumnElement[bool]]:
    late = sa.exists().where(
        Promise.customer_id == Customer.id, IS_OPEN, Promise.due_on < meeting.on
    )
    missed = sa.exists().where(
        Visit.customer_id == Customer.id,
        Visit.status == VisitStatus.MISSED,
        Visit.absent == Side.US,
        Visit.starts_at >= meeting.starts_at - LEFT_WAITING_FOR,
    )
    ending = Customer.contract_end_on.between(meeting.on, meeting.on + CONTRACT_AHEAD)
    return {
        Risk.SUSPENDED: Customer.status == Status.SUSPENDED,
        Risk.IN_ARREARS: Customer.balance_fen < 0,
        Risk.CONTRACT_ENDING: ending,
        Risk.PROMISE_OVERDUE: late,
        Risk.LEFT_WAITING: missed,
    }


def birthdays(meeting: Meeting) -> Section:
    """Return whose birthday it is, by sun or moon, the dearest first."""
    falling = sorted(dates_falling_between(meeting.on, meeting.on))
    key = sa.tuple_(Anniversary.calendar, Anniversary.month, Anniversary.day)
    statement = (
        _customers(meeting)
        .add_columns(Anniversary.calendar, Anniversary.year, Anniversary.month, Anniversary.day)
        .join(Anniversary, Anniversary.customer_id == Customer.id)
        .where(Anniversary.kind == AnniversaryKind.BIRTHDAY)
        .where(key.in_([tuple(day) for day in falling]))
    )
    return Section(statement, by=(DEAREST, Anniversary.id), descending=True)


def neglected_customers(meeting: Meeting, *, rhythm: Mapping[Tier, Cadence]) -> Section:
    """Return with whom nobody spoke for longer than their tier allows, the dearest first."""
    since = sa.func.coalesce(History.last_two_way_at, Customer.created_at)
    too_long_ago = {
        tier.value: sa.literal(_silent_since(meeting, cadence), UTCDateTime())
        for tier, cadence in rhythm.items()
    }
    statement = (
        _customers(meeting)
        .add_columns(History.last_two_way_at, since.label("silent_since"))
        .outerjoin(History, History.customer_id == Customer.id)
        .where(since < sa.case(too_long_ago, value=_TIER))
    )
    return Section(statement, by=(DEAREST, Customer.id), descending=True)


def _silent_since(meeting: Meeting, cadence: Cadence) -> Any:
    return calendars.day_bounds(meeting.on - timedelta(days=cadence.max_days))[0]


def fetch(section: Section, *, page: PageRequest) -> Page:
    """Return a piece of a section."""
    return fetch_page(section.statement, by=section.by, page=page, descending=section.descending)


def count(section: Section) -> int:
    """Return how many rows a section has."""
    rows = section.statement.order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0


def _visits(meeting: Meeting) -> sa.Select[Any]:
    shown: tuple[Any, ...] = (
        Visit.id,
        Visit.customer_id,
        customers.shown_name(visible_to=meeting.visible_to).label("customer_name"),
        Customer.tier,
        Visit.owner_id,
        Staff.name.label("owner_name"),
        Visit.starts_at,
        Visit.ends_at,
        Visit.place,
        Visit.purpose,
        Visit.status,
        Visit.brief_acknowledged_at.is_not(None).label("is_brief_acknowledged"),
    )
    statement = (
        sa.select(*shown)
        .join(Customer, Customer.id == Visit.customer_id)
        .join(Staff, Staff.id == Visit.owner_id)
    )
    return _of_the_team(statement, meeting)


def _customers(meeting: Meeting) -> sa.Select[Any]:
    shown: tuple[Any, ...] = (
        Customer.id.label("customer_id"),
        customers.shown_name(visible_to=meeting.visible_to).label("customer_name"),
        Customer.tier,
        Customer.owner_id,
        Staff.name.label("owner_name"),
    )
    statement = sa.select(*shown).outerjoin(Staff, Staff.id == Customer.owner_id)
    is_itself = (Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))
    return _of_the_team(statement.where(Customer.status.in_(SERVED), *is_itself), meeting)


def _of_the_team(statement: sa.Select[Any], meeting: Meeting) -> sa.Select[Any]:
    in_team = Customer.team_id.in_(accounts.subtree_team_ids(meeting.team_path))
    return customers.limit_to(statement.where(in_team), visible_to=meeting.visible_to)
