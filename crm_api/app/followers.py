"""Who follows whose changes: see `kit.following`. Lower floors first."""

from __future__ import annotations

from crm_api.care.gateway.service import following as messages
from crm_api.care.service import note_losses
from crm_api.care.wishes.service import following as reasons
from crm_api.contact_frequency.service import following as plans
from crm_api.contact_frequency.service import hear_of_losses
from crm_api.kit.following import follow


def follow_changes() -> None:
    """Let plans and messages follow their customers, and messages hear who took their moments."""
    follow(plans.TEAMS_WATCHED, plans.follow_teams)
    follow(plans.WATCHED, plans.follow_customers)
    follow(messages.WATCHED, messages.follow_numbers)
    follow(reasons.WATCHED, reasons.follow_reasons)
    hear_of_losses(note_losses)
