"""What one may do with days."""

from crm_api.preparation.days.service.adopting import plan_visits
from crm_api.preparation.days.service.agendas import day_plan, list_team_day, week_plan
from crm_api.preparation.days.service.proposing import propose_visits
from crm_api.preparation.days.service.rounds import propose_round

__all__ = [
    "day_plan",
    "list_team_day",
    "plan_visits",
    "propose_round",
    "propose_visits",
    "week_plan",
]
