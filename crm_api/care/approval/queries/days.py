"""What goes out on a day: by team, occasion and words, with what it costs; and who gets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Team
from crm_api.care.approval.models import DayRuling
from crm_api.care.approval.queries.rulings import covers, is_stopped
from crm_api.care.approval.terms import RulingKind
from crm_api.care.models import CareMessage, PlanRefusal, PlanRun
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.paging import Page, fetch_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

IS_WAITING = sa.text("care_messages.state IN ('queued', 'leased')")
OWN, BRANCH, OVER = aliased(Team), aliased(Team), aliased(Team)


def waiting_by_team(on: date, *, team: Team, visible_to: Actor) -> Sequence[Any]:
    """Return what waits for a day by branch: the team's own customers, and each team beneath it."""
    stopped = sa.case((is_stopped(), 1), else_=0)
    groups = (
        CareMessage.occasion,
        CareMessage.festival_key,
        CareMessage.template_id,
        CareMessage.template_version,
    )
    columns = (
        *_branch(team),
        *groups,
        sa.func.count().label("messages"),
        sa.func.sum(CareMessage.segments).label("segments"),
        sa.func.sum(stopped).label("held"),
        sa.func.min(CareMessage.text).label("sample_text"),
    )
    statement = sa.select(*columns).join(Customer, Customer.id == CareMessage.customer_id)
    statement = statement.where(CareMessage.on_day == on, IS_WAITING)
    return _by_branch(statement, team, groups, visible_to=visible_to)


def held_by_level(on: date, *, team: Team, visible_to: Actor) -> Sequence[Any]:
    """Return which teams' holds stop how many of a team's waiting messages, the topmost first."""
    is_over: Any = sa.and_(OVER.id.in_(team.path.strip("/").split("/")), OVER.id != team.id)
    statement = (
        sa.select(
            OVER.id.label("team_id"),
            OVER.name.label("team_name"),
            is_over.label("is_from_above"),
            sa.func.count(CareMessage.id.distinct()).label("messages"),
        )
        .select_from(CareMessage)
        .join(Customer, Customer.id == CareMessage.customer_id)
        .join(DayRuling, DayRuling.on_day == CareMessage.on_day)
        .join(OVER, sa.and_(OVER.id == DayRuling.team_id, covers(OVER, RulingKind.HOLD)))
        .where(CareMessage.on_day == on, IS_WAITING)
        .where(Customer.team_id.in_(accounts.subtree_team_ids(team.path)))
        .group_by(OVER.id, OVER.name, OVER.path)
        .order_by(OVER.path, OVER.id)
    )
    return db.session.execute(customers.limit_to(statement, visible_to=visible_to)).all()


def refused_by_team(on: date, *, team: Team, visible_to: Actor) -> Sequence[Any]:
    """Return how many the planner found in vain for a day, by branch, occasion and reason."""
    groups = (PlanRefusal.occasion, PlanRefusal.reason)
    columns = (*_branch(team), *groups, sa.func.count().label("count"))
    statement = sa.select(*columns).join(Customer, Customer.id == PlanRefusal.customer_id)
    statement = statement.where(PlanRefusal.on_day == on)
    return _by_branch(statement, team, groups, visible_to=visible_to)


def _branch(team: Team) -> tuple[sa.ColumnElement[Any], ...]:
    return (
        sa.func.coalesce(BRANCH.id, sa.literal(team.id)).label("team_id"),
        sa.func.coalesce(BRANCH.name, sa.literal(team.name)).label("team_name"),
    )


def _by_branch(
    statement: sa.Select[Any], team: Team, groups: Sequence[Any], *, visible_to: Actor
) -> Sequence[Any]:
    beneath = sa.func.substr(OWN.path, 1, sa.func.length(BRANCH.path)) == BRANCH.path
    statement = (
        statement.join(OWN, OWN.id == Customer.team_id)
        .outerjoin(BRANCH, sa.and_(BRANCH.parent_id == team.id, beneath))
        .where(OWN.id.in_(accounts.subtree_team_ids(team.path)))
        .group_by(BRANCH.id, BRANCH.name, *groups)
        .order_by(sa.text("team_name"), sa.text("team_id"), *groups)
    )
    return db.session.execute(customers.limit_to(statement, visible_to=visible_to)).all()


def list_runs(*, page: PageRequest) -> Page:
    """Return a page of the planner's runs, the newest first."""
    return fetch_page(sa.select(PlanRun), by=[PlanRun.id], page=page, descending=True)
