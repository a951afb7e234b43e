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
from crm_api.review.outcomes.queries.rolling_up import RollUp, limit_cells, sum_of
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
STORED: dict[Breakdown, dict[str, Any]] = {
    Breakdown.TEAM: {"own_team_id": Customer.team_id},
    Breakdown.TIER: {"tier": Slot.tier},
    Breakdown.OCCASION: OCCASION,
    Breakdown.FESTIVAL: {
        **OCCASION,
        "festival_key": sa.func.coalesce(CareMessage.festival_key, ""),
    },
    Breakdown.TEMPLATE: TEMPLATE_ID,
    Breakdown.VERSION: {**TEMPLATE_ID, "template_version": CareMessage.template_version},
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

    A team's numbers are those of its subtree.
    """
    filters |= {"first": first, "last": last}
    cells = _cells(breakdowns, visible_to=visible_to, filters=filters).cte("cells")
    sums = RollUp(cells, breakdowns=breakdowns, first=first, last=last)
    if Breakdown.TEAM in breakdowns:
        sums.count_in_teams(visible_to=visible_to, team_id=filters.get("team_id"))
    found = sums.fetch(_numbers(cells), page=page)
    return Page([_outcome(row._mapping) for row in found.items], found.next_cursor)  # noqa: SLF001


def _outcome(row: Mapping[str, Any]) -> dict[str, Any]:
    outcome = {**dict.fromkeys(KEYS), **row}
    outcome["festival_key"] = outcome["festival_key"] or None
    return {**outcome, "delivery_rate": rate(outcome["delivered"], outcome["sent"])}


def _cells(
    breakdowns: Sequence[Breakdown], *, visible_to: Actor, filters: dict[str, Any]
) -> sa.Select[Any]:
    keys: dict[str, Any] = {"state": CareMessage.state}
    for breakdown in breakdowns:
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
    if Breakdown.TIER in breakdowns:
        statement = statement.join(Slot, Slot.id == CareMessage.slot_id)
    return limit_cells(
        statement,
        CareMessage.customer_id,
        breakdowns=breakdowns,
        visible_to=visible_to,
        team_id=filters.get("team_id"),
    )


def _numbers(cells: sa.CTE) -> list[Any]:
    def of_state(*states: MessageState) -> sa.ColumnElement[int]:
        return sum_of(sa.case((cells.c.state.in_(states), cells.c.messages), else_=0))

    return [
        sum_of(cells.c.messages).label("planned"),
        *(of_state(state).label(state.value) for state in MessageState),
        of_state(*FAILED).label("failed"),
        *(sum_of(cells.c[name]).label(name) for name in ("sent", "parts", "opted_out")),
    ]
