"""What the governor reads."""

from crm_api.contact_frequency.queries.auditing import find_breaches
from crm_api.contact_frequency.queries.frames import dated_rules, frame_at, in_force
from crm_api.contact_frequency.queries.gathering import gather, look_at
from crm_api.contact_frequency.queries.known import Known

__all__ = [
    "Known",
    "dated_rules",
    "find_breaches",
    "frame_at",
    "gather",
    "in_force",
    "look_at",
]
