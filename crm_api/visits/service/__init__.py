"""What one may do with visits."""

from crm_api.visits.service.briefing import acknowledge_brief
from crm_api.visits.service.colleagues import arrive, name_colleagues
from crm_api.visits.service.notes import add_note
from crm_api.visits.service.outlook import cancel_visit, confirm_visit, miss_visit, move_visit
from crm_api.visits.service.planning import plan_visit
from crm_api.visits.service.presence import check_in, check_out, purge_coordinates
from crm_api.visits.service.recording import record_visit
from crm_api.visits.service.tasks import finish_follow_up
from crm_api.visits.service.undoing import undo_fact

__all__ = [
    "acknowledge_brief",
    "add_note",
    "arrive",
    "cancel_visit",
    "check_in",
    "check_out",
    "confirm_visit",
    "finish_follow_up",
    "miss_visit",
    "move_visit",
    "name_colleagues",
    "plan_visit",
    "purge_coordinates",
    "record_visit",
    "undo_fact",
]
