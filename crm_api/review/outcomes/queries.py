"""Counts what became of care messages, as far as the actor may see their customers.

The messages are counted once into cells, by what is stored with each; the few cells are then
summed up by teams and their subtrees, by periods, and by states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from crm_api.accounts import queries as accounts
from crm_api.accounts.models import Role, Team
from crm_api.care import queries as care
from crm_api.care.models import CareMessage, CareTemplate
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.models import Slot
from crm_api.customers import queries as customers
from crm_api.customers.models import Customer
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.review.outcomes.policies import cut, rate
from crm_api.review.outcomes.terms import PERIODS, Breakdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor

S = MessageState
KEYS = (
    "team_id",
    "team_name",
    "tier",
    "occasion",
    "festival_key",
    "template_id",
    "template_name",
    "template_version",
    "state",
    "reason",
)
COLUMNS = {
    "from": "first",
    "to": "last",
    **{name: name for name in (*KEYS, "planned", "sent", "parts", "delivery_rate", "opted_out")},
    "failed": "failed",
    **{state.value: state.value for state in MessageState},
}
FAILED = (S.UNDELIVERED, S.REJECTED, S.DEAD)
STORED: dict[Breakdown, dict[str, Any]] = {
    Breakdown.TEAM: {"own_team_id": Customer.team_id},
    Breakdown.TIER: {"tier": Slot.tier},
    Breakdown.OCCASION: {"occasion": CareMessage.occasion},
    Breakdown.FESTIVAL: {
        "occasion": CareMessage.occasion,
        "festival_key": sa.func.coalesce(CareMessage.festival_key, ""),
    },
    Breakdown.TEMPLATE: {"template_id": CareMessage.template_id},
    Breakdown.VERSION: {
        "template_id": CareMessage.template_id,
        "template_version": CareMessage.template_version,
    },
    Breakdown.STATE: {},
    Breakdown.REASON: {"reason": CareMessage.reason},
    **{period: {"on_day": CareMessage.on_day} for period in PERIODS},
}


def count_outcomes(
    *,
    breakdowns: Sequence[Breakdown],
    first: date,
    last: date,
    page: PageRequest,
    visible_to: Actor,
    **filters: Any,
) -> Page:
    """Return a page of numbers, ordered by what they are told apart by.

    A team's numbers are those of its subtree; with no breakdown there is one row, of all.
    """
    filters |= {"first": first, "last": last}
    cells = _cells(breakdowns, visible_to=visible_to, filters=filters).cte("cells")
    sums = _Sums(cells, by=breakdowns, first=first, last=last)
    if Breakdown.TEAM in breakdowns:
        sums.roll_up(_ancestry(visible_to, team_id=filters.get("team_id")))
    page = page if breakdowns else PageRequest()
    counted = fetch_page(sums.select(), by=sums.order, page=page)
    return Page([_outcome(row._mapping) for row in counted.items], counted.next_cursor)  # noqa: SLF001


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    outcome = {**dict.fromkeys(KEYS), **row}
    outcome["festival_key"] = outcome["festival_key"] or None
    return {**outcome, "delivery_rate": rate(outcome["delivered"], outcome["sent"])}


def _cells(
    by: Sequence[Breakdown], *, visible_to: Actor, filters: dict[str, Any]
) -> sa.Select[Any]:
    keys: dict[str, Any] = {"state": CareMessage.state}
    for breakdown in by:
        keys |= STORED[breakdown]
    is_sent = CareMessage.submitted_at.is_not(None)
    parts = sa.func.coalesce(CareMessage.sent_segments, CareMessage.segments)
    lost = care.opted_out_after(first=filters["first"], last=filters["last"]).subquery()
    statement: sa.Select[Any] = (
        sa.select(
            *(key.label(name) for name, key in keys.items()),
            sa.func.count().label("messages"),
            sa.func.count(CareMessage.submitted_at).label("sent"),
            sa.func.sum(sa.case((is_sent, parts), else_=0)).label("parts"),
            sa.func.count(lost.c.message_id).label("opted_out"),
        )
        .select_from(CareMessage)
        .outerjoin(lost, lost.c.message_id == CareMessage.id)
        .where(*care.conditions(**filters))
        .group_by(*keys.values())
    )
    if Breakdown.TIER in by:
        statement = statement.join(Slot, Slot.id == CareMessage.slot_id)
    is_of_some = visible_to.role in (Role.MANAGER, Role.ACCOUNT_MANAGER)
    if is_of_some or Breakdown.TEAM in by or filters.get("team_id"):
        statement = statement.join(Customer, Customer.id == CareMessage.customer_id)
        statement = customers.limit_to(statement, visible_to=visible_to)
    return statement


def _ancestry(visible_to: Actor, *, team_id: str | None) -> sa.CTE:
    """Return each team with every team, itself or above it, in whose numbers it is counted."""
    own, above = aliased(Team), sa.select(Team).where(accounts.visible_teams(visible_to))
    if team_id is not None:
        above = above.where(Team.id.in_(accounts.team_ids_from(team_id)))
    up = above.subquery()
    is_beneath = sa.func.substr(own.path, 1, sa.func.length(up.c.path)) == up.c.path
    pairs = sa.select(own.id.label("own_id"), up.c.id, up.c.path, up.c.name)
    return pairs.join(up, is_beneath).cte("ancestry").prefix_with("MATERIALIZED")


class _Sums:
    """The cells summed up: what the sums are told apart by, and in which order they come."""

    def __init__(self, cells: sa.CTE, *, by: Sequence[Breakdown], first: date, last: date) -> None:
        self._cells = cells
        self._joined: Any = cells
        self._keys: dict[str, Any] = {}
        self._orders: dict[Breakdown, list[Any]] = {}
        self._by = by
        self._first: Any = sa.literal(first)
        self._last: Any = sa.literal(last)
        for breakdown in by:
            self._tell_apart(breakdown)
        for period in PERIODS.intersection(by):
            self._gather_days(cut(first, last, period), period)

    @property
    def order(self) -> list[Any]:
        """The columns that make a total order."""
        return [column for breakdown in self._by for column in self._orders[breakdown]]

    def _tell_apart(self, breakdown: Breakdown) -> None:
        names = [n for n in STORED[breakdown] if n in KEYS]
        names = names or (["state"] if breakdown is Breakdown.STATE else [])
        found = {name: self._cells.c[name] for name in names}
        self._orders[breakdown] = list(found.values())
        self._keys |= found
        if "template_id" in found and "template_name" not in self._keys:
            is_its = CareTemplate.id == self._cells.c.template_id
            self._joined = self._joined.join(CareTemplate, is_its)
            self._keys["template_name"] = CareTemplate.name

    def _gather_days(self, days: list[tuple[date, date, date]], period: Breakdown) -> None:
        columns = [sa.column(name, sa.Date) for name in ("day", "first", "last")]
        periods = sa.values(*columns, name="periods").data(days).cte("pieces")
        self._joined = self._joined.join(periods, periods.c.day == self._cells.c.on_day)
        self._first, self._last = periods.c.first, periods.c.last
        self._keys |= {"first": self._first, "last": self._last}
        self._orders[period] = [self._first]

    def roll_up(self, ancestry: sa.CTE) -> None:
        """Count each cell in its team and all above it."""
        is_its = ancestry.c.own_id == self._cells.c.own_team_id
        self._joined = self._joined.join(ancestry, is_its)
        self._keys |= {"team_id": ancestry.c.id, "team_name": ancestry.c.name}
        self._orders[Breakdown.TEAM] = [ancestry.c.path]

    def select(self) -> sa.Select[Any]:
        """Return the sums."""
        keys = {"first": self._first, "last": self._last, **self._keys}
        grouped = [*self._keys.values(), *self.order]
        return (
            sa.select(
                *(key.label(name) for name, key in keys.items()),
                self._sum(self._cells.c.messages).label("planned"),
                *(self._of_state(state).label(state.value) for state in MessageState),
                self._of_state(*FAILED).label("failed"),
                *(self._sum(self._cells.c[n]).label(n) for n in ("sent", "parts", "opted_out")),
            )
            .select_from(self._joined)
            .group_by(*dict.fromkeys(grouped))
        )

    def _of_state(self, *states: MessageState) -> Any:
        messages = self._cells.c.messages
        return self._sum(sa.case((self._cells.c.state.in_(states), messages), else_=0))

    def _sum(self, what: Any) -> Any:
        return sa.cast(sa.func.coalesce(sa.func.sum(what), 0), sa.BigInteger)
