"""Cells summed up by teams and their subtrees, and by periods.

What is counted is counted once, into cells, by what is stored with it; the cells are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Team
from crm_api.care.models import CareTemplate
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.review.outcomes.policies import cut
from crm_api.review.outcomes.terms import PERIODS, Breakdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor

# By which columns of the cells each breakdown tells them apart, the team and the day aside.
COLUMNS = {
    Breakdown.TIER: ("tier",),
    Breakdown.OCCASION: ("occasion",),
    Breakdown.FESTIVAL: ("occasion", "festival_key"),
    Breakdown.TEMPLATE: ("template_id",),
    Breakdown.VERSION: ("template_id", "template_version"),
    Breakdown.STATE: ("state",),
    Breakdown.REASON: ("reason",),
}


def is_limited(visible_to: Actor) -> bool:
    """Tell whether somebody sees some customers only, so that these must be looked at."""
    return visible_to.role in (Role.MANAGER, Role.ACCOUNT_MANAGER)


class RollUp:
    """What sums are told apart by, and in which order they come."""

    def __init__(
        self, cells: sa.CTE, *, breakdowns: Sequence[Breakdown], first: date, last: date
    ) -> None:
        self._cells = cells
        self._joined: Any = cells
        self._days: dict[str, Any] = {"first": sa.literal(first), "last": sa.literal(last)}
        self._keys: dict[str, Any] = {}
        self._order: dict[Breakdown, list[Any]] = {}
        for breakdown in breakdowns:
            columns = {name: cells.c[name] for name in COLUMNS.get(breakdown, ())}
            self._keys |= columns
            self._order[breakdown] = list(columns.values())
        if "template_id" in self._keys:
            self._name_templates()
        for period in PERIODS.intersection(breakdowns):
            self._gather_days(cut(first, last, period), period)

    def _name_templates(self) -> None:
        is_its = CareTemplate.id == self._cells.c.template_id
        self._joined = self._joined.join(CareTemplate, is_its)
        self._keys["template_name"] = CareTemplate.name

    def _gather_days(self, days: list[tuple[date, date, date]], period: Breakdown) -> None:
        columns = [sa.column(name, sa.Date) for name in ("day", "first", "last")]
        pieces = sa.values(*columns, name="days").data(days).cte("pieces")
        self._joined = self._joined.join(pieces, pieces.c.day == self._cells.c.on_day)
        self._days = {"first": pieces.c.first, "last": pieces.c.last}
        self._keys |= self._days
        self._order[period] = [pieces.c.first]

    def count_in_teams(self, *, visible_to: Actor, team_id: str | None) -> None:
        """Count each cell in its team and in all above it that the actor may see."""
        ancestry = _ancestry(visible_to, team_id=team_id)
        is_its = ancestry.c.own_id == self._cells.c.own_team_id
        self._joined = self._joined.join(ancestry, is_its)
        self._keys |= {"team_id": ancestry.c.id, "team_name": ancestry.c.name}
        self._order[Breakdown.TEAM] = [ancestry.c.path]

    def fetch(self, sums: Sequence[Any], *, page: PageRequest) -> Page:
        """Return a page of sums; with nothing to tell them apart by there is one row, of all."""
        keys = {**self._days, **self._keys}
        order = [column for columns in self._order.values() for column in columns]
        statement = (
            sa.select(*(key.label(name) for name, key in keys.items()), *sums)
            .select_from(self._joined)
            .group_by(*dict.fromkeys([*self._keys.values(), *order]))
        )
        return fetch_page(statement, by=order, page=page if order else PageRequest())


def sum_of(what: Any) -> sa.ColumnElement[int]:
    """Return a sum that is zero, and not nothing, where there is nothing."""
    return sa.cast(sa.func.coalesce(sa.func.sum(what), 0), sa.BigInteger)


def _ancestry(visible_to: Actor, *, team_id: str | None) -> sa.CTE:
    """Return each team with every team, itself or above it, in whose numbers it is counted."""
    own, above = aliased(Team), sa.select(Team).where(accounts.visible_teams(visible_to))
    if team_id is not None:
        above = above.where(Team.id.in_(accounts.team_ids_from(team_id)))
    up = above.subquery()
    is_beneath = sa.func.substr(own.path, 1, sa.func.length(up.c.path)) == up.c.path
    pairs = sa.select(own.id.label("own_id"), up.c.id, up.c.path, up.c.name)
    return pairs.join(up, is_beneath).cte("ancestry").prefix_with("MATERIALIZED")
