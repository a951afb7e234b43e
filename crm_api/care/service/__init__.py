"""What one may do about care."""

from crm_api.care.service.arbitration import drop_lost, note_losses, rearbitrate
from crm_api.care.service.causes import causes_between
from crm_api.care.service.customer_previews import preview_greetings, preview_version
from crm_api.care.service.messages import (
    cancel_message,
    expire_messages,
    settle_submissions,
    suppress_queued,
)
from crm_api.care.service.planning import count_cause
from crm_api.care.service.previews import preview_day
from crm_api.care.service.rehearsing import Rehearsal
from crm_api.care.service.rounds import note_progress, open_round, plan_batch, start_run

__all__ = [
    "Rehearsal",
    "cancel_message",
    "causes_between",
    "count_cause",
    "drop_lost",
    "expire_messages",
    "note_losses",
    "note_progress",
    "open_round",
    "plan_batch",
    "preview_day",
    "preview_greetings",
    "preview_version",
    "rearbitrate",
    "settle_submissions",
    "start_run",
    "suppress_queued",
]
