"""Counts what became of care messages, as far as the actor may see their customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care import queries as care
from crm_api.care.models import CareMessage
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.models import Slot
from crm_api.customers.models import Customer
from crm_api.kit.paging import Page
from crm_api.review.outcomes.policies import rate
from crm_api.review.outcomes.queries.rolling_up import RollUp, is_limited, sum_of
from crm_api.review.outcomes.terms import PERIODS, Breakdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from crm_api.accounts.actors import Actor
    from crm_api.kit.paging import PageRequest

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
EXPORTED = {
    "from": "first",
    "to": "last",
    **{name: name for name in (*KEYS, "planned", "sent", "parts", "delivery_rate", "opted_out")},
    "failed": "failed",
    **{state.value: state.value for state in MessageState},
}
FAILED = (S.UNDELIVERED, S.REJECTED, S.DEAD)
TEMPLATE_ID = {"template_id": CareMessage.template_id}
OCCASION = {"occasion": CareMessage.occasion}
FESTIVAL = {"festival_key": sa.func.coalesce(CareMessage.festival_key, "")}
# What a message itself says of each breakdown; its team and tier are looked up.
STORED: dict[Breakdown, dict[str, Any]] = {
    Breakdown.OCCASION: OCCASION,
    Breakdown.FESTIVAL: OCCASION | FESTIVAL,
    Breakdown.TEMPLATE: TEMPLATE_ID,
    Breakdown.VERSION: TEMPLATE_ID | {"template_version": CareMessage.template_version},
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

    A team's numbers are those of its subtree.
    """
    filters |= {"first": first, "last": last}
    team_id = filters.get("team_id")
    cells = _cells(breakdowns, visible_to=visible_to, filters=filters).cte("cells")
    sums = RollUp(cells, breakdowns=breakdowns, first=first, last=last)
    if Breakdown.TEAM in breakdowns:
        sums.count_in_teams(visible_to=visible_to, team_id=team_id)
    found = sums.fetch(_numbers(cells), page=page)
    return Page([_outcome(row._mapping) for row in found.items], found.next_cursor)  # noqa: SLF001


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    outcome = {**dict.fromkeys(KEYS), **row}
    outcome["festival_key"] = outcome["festival_key"] or None
    return {**outcome, "delivery_rate": rate(outcome["delivered"], outcome["sent"])}


def _cells(
    breakdowns: Sequence[Breakdown], *, visible_to: Actor, filters: dict[str, Any]
) -> sa.Select[Any]:
    team_id = filters.pop("team_id", None)
    own = {name: key for one in breakdowns for name, key in STORED.get(one, {}).items()}
    # Else SQLite would start from the customers, and read all their messages of all days.
    picked = _picked(own, filters).cte("picked").prefix_with("MATERIALIZED", dialect="sqlite")
    keys: dict[str, Any] = {name: picked.c[name] for name in ("state", *own)}
    if Breakdown.TIER in breakdowns:
        keys["tier"] = Slot.tier
    if Breakdown.TEAM in breakdowns:
        keys["own_team_id"] = Customer.team_id
    summed = [sa.func.sum(picked.c[name]).label(name) for name in ("sent", "parts", "opted_out")]
    statement: sa.Select[Any] = (
        sa.select(*(key.label(name) for name, key in keys.items()), *summed)
        .add_columns(sa.func.count().label("messages"))
        .select_from(picked)
        .group_by(*keys.values())
    )
    if Breakdown.TIER in breakdowns:
        statement = statement.join(Slot, Slot.id == picked.c.slot_id)
    if "own_team_id" in keys or team_id or is_limited(visible_to):
        statement = statement.join(Customer, Customer.id == picked.c.customer_id)
        return care.limit_to_customers(statement, visible_to=visible_to, team_id=team_id)
    return statement


def _picked(own: Mapping[str, Any], filters: Mapping[str, Any]) -> sa.Select[Any]:
    is_sent = CareMessage.submitted_at.is_not(None)
    parts = sa.func.coalesce(CareMessage.sent_segments, CareMessage.segments)
    lost = care.opted_out_after(first=filters["first"], last=filters["last"])
    columns = {
        **own,
        "state": CareMessage.state,
        "customer_id": CareMessage.customer_id,
        "slot_id": CareMessage.slot_id,
        "sent": sa.case((is_sent, 1), else_=0),
        "parts": sa.case((is_sent, parts), else_=0),
        "opted_out": sa.case((CareMessage.id.in_(lost), 1), else_=0),
    }
    labelled = [column.label(name) for name, column in columns.items()]
    return sa.select(*labelled).where(*care.conditions(**filters))


def _numbers(cells: sa.CTE) -> list[Any]:
    def of_state(*states: MessageState) -> sa.ColumnElement[int]:
        return sum_of(sa.case((cells.c.state.in_(states), cells.c.messages), else_=0))

    return [
        sum_of(cells.c.messages).label("planned"),
        *(of_state(state).label(state.value) for state in MessageState),
        of_state(*FAILED).label("failed"),
        *(sum_of(cells.c[name]).label(name) for name in ("sent", "parts", "opted_out")),
    ]
