"""Who gets no greeting and why, as the planner found it last: a list, and numbers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care import queries as care
from crm_api.care.models import PlanRefusal
from crm_api.customers.models import Customer
from crm_api.kit.paging import Page, fetch_page
from crm_api.review.outcomes.queries.rolling_up import RollUp, sum_of
from crm_api.review.outcomes.terms import PERIODS, Breakdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

KEYS = ("team_id", "team_name", "occasion", "reason")
EXPORTED = {"from": "first", "to": "last", **{name: name for name in (*KEYS, "refused")}}
STORED: dict[Breakdown, dict[str, Any]] = {
    Breakdown.TEAM: {"own_team_id": Customer.team_id},
    Breakdown.OCCASION: {"occasion": PlanRefusal.occasion},
    Breakdown.REASON: {"reason": PlanRefusal.reason},
    **{period: {"on_day": PlanRefusal.on_day} for period in PERIODS},
}


def list_refusals(
    *, visible_to: Actor, page: PageRequest, team_id: str | None = None, **filters: Any
) -> Page:
    """Return a page of those who get no greeting, by day."""
    found = sa.select(PlanRefusal).where(*_conditions(**filters))
    theirs = found.join(Customer, Customer.id == PlanRefusal.customer_id)
    statement = care.limit_to_customers(theirs, visible_to=visible_to, team_id=team_id)
    return fetch_page(statement, by=[PlanRefusal.on_day, PlanRefusal.occurrence], page=page)


def _conditions(
    *,
    first: date | None = None,
    last: date | None = None,
    **equal: Any,
) -> list[sa.ColumnElement[bool]]:
    """Return what filters ask for, alike for the list and for the numbers."""
    wanted = [getattr(PlanRefusal, n) == value for n, value in equal.items() if value is not None]
    if first is not None:
        wanted.append(PlanRefusal.on_day >= first)
    if last is not None:
        wanted.append(PlanRefusal.on_day <= last)
    return wanted


def count_refusals(
    *,
    breakdowns: Sequence[Breakdown],
    first: date,
    last: date,
    page: PageRequest,
    visible_to: Actor,
    **filters: Any,
) -> Page:
    """Return a page of numbers, ordered by what they are told apart by."""
    team_id = filters.pop("team_id", None)
    keys = {name: key for one in breakdowns for name, key in STORED[one].items()}
    counted: sa.Select[Any] = (
        sa.select(*(key.label(name) for name, key in keys.items()))
        .add_columns(sa.func.count().label("people"))
        .select_from(PlanRefusal)
        .join(Customer, Customer.id == PlanRefusal.customer_id)
        .where(*_conditions(first=first, last=last, **filters))
        .group_by(*keys.values())
    )
    limited = care.limit_to_customers(counted, visible_to=visible_to, team_id=team_id)
    cells = limited.cte("cells")
    sums = RollUp(cells, breakdowns=breakdowns, first=first, last=last)
    if Breakdown.TEAM in breakdowns:
        sums.count_in_teams(visible_to=visible_to, team_id=team_id)
    found = sums.fetch([sum_of(cells.c.people).label("refused")], page=page)
    rows = [{**dict.fromkeys(KEYS), **row._mapping} for row in found.items]  # noqa: SLF001
    return Page(rows, found.next_cursor)
