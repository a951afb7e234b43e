"""What one may do with visits."""

from crm_api.visits.service.briefing import acknowledge_brief, note_brief_read
from crm_api.visits.service.colleagues import arrive, name_colleagues
from crm_api.visits.service.notes import add_note, remove_note
from crm_api.visits.service.offline import (
    close_visit,
    delete_visit,
    keep_confirmation,
    keep_move,
    keep_plan,
    reopen,
)
from crm_api.visits.service.outlook import cancel_visit, confirm_visit, miss_visit, move_visit
from crm_api.visits.service.parts import (
    add_objective,
    add_person,
    answer_objective,
    note_presence,
)
from crm_api.visits.service.planning import plan_visit
from crm_api.visits.service.presence import check_in, check_out, purge_coordinates
from crm_api.visits.service.recording import record_visit
from crm_api.visits.service.steps import hold_visit
from crm_api.visits.service.tasks import add_follow_up, drop_follow_up, finish_follow_up
from crm_api.visits.service.undoing import undo_fact

__all__ = [
    "acknowledge_brief",
    "add_follow_up",
    "add_note",
    "add_objective",
    "add_person",
    "answer_objective",
    "arrive",
    "cancel_visit",
    "check_in",
    "check_out",
    "close_visit",
    "confirm_visit",
    "delete_visit",
    "drop_follow_up",
    "finish_follow_up",
    "hold_visit",
    "keep_confirmation",
    "keep_move",
    "keep_plan",
    "miss_visit",
    "move_visit",
    "name_colleagues",
    "note_brief_read",
    "note_presence",
    "plan_visit",
    "purge_coordinates",
    "record_visit",
    "remove_note",
    "reopen",
    "undo_fact",
]
