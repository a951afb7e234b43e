"""What one may do about care."""

from crm_api.care.service.arbitration import drop_lost, note_losses, rearbitrate
from crm_api.care.service.causes import causes_between
from crm_api.care.service.messages import (
    cancel_message,
    expire_messages,
    settle_submissions,
    suppress_queued,
)
from crm_api.care.service.planning import Rehearsal, count_cause, plan_chunk
from crm_api.care.service.previews import preview_day, preview_version
from crm_api.care.service.templates import (
    approve_version,
    create_template,
    draft_version,
    submit_version,
)

__all__ = [
    "Rehearsal",
    "approve_version",
    "cancel_message",
    "causes_between",
    "count_cause",
    "create_template",
    "draft_version",
    "drop_lost",
    "expire_messages",
    "note_losses",
    "plan_chunk",
    "preview_day",
    "preview_version",
    "rearbitrate",
    "settle_submissions",
    "submit_version",
    "suppress_queued",
]
