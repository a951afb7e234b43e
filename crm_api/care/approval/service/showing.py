"""Show a day before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts import queries as accounts
from crm_api.care.approval import queries
from crm_api.care.approval.values import Day

if TYPE_CHECKING:
    from datetime import date

    from crm_api.accounts.actors import Actor


def show_day(on: date, *, team_id: str | None, visible_to: Actor) -> Day:
    """Return what waits to go out on a day in a team, by the teams right beneath it.

    :raises NotFound: if the team is none, or not the actor's to see
    """
    team = accounts.get_team(team_id or visible_to.team_id, visible_to=visible_to)
    return Day(
        on=on,
        team_id=team.id,
        needs_approval=config.current().care_needs_approval,
        waiting=queries.waiting_by_team(on, team=team, visible_to=visible_to),
        held_by=queries.held_by_level(on, team=team, visible_to=visible_to),
        refused=queries.refused_by_team(on, team=team, visible_to=visible_to),
    )
