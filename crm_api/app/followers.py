"""Who follows whose changes: see `kit.following`. Lower floors first."""

from __future__ import annotations

from crm_api.accounts.service import let_turn_away
from crm_api.attachments.queries import let_show
from crm_api.care.gateway.service import following as messages
from crm_api.care.service import note_losses
from crm_api.care.wishes.service import following as reasons
from crm_api.care.wishes.service import merging as merged_greetings
from crm_api.contact_frequency.service import following as plans
from crm_api.contact_frequency.service import hear_of_losses
from crm_api.contact_frequency.service import merging as merged_plans
from crm_api.contact_history.service import merging as merged_history
from crm_api.customers.merging.service import following as merged
from crm_api.customers.merging.service import let
from crm_api.kit import touches
from crm_api.kit.following import follow
from crm_api.preparation.briefs.service import following as briefs
from crm_api.sync.feeding import service as feeding
from crm_api.sync.feeding.watching import WATCHED as SYNCED
from crm_api.sync.phones.queries import is_revoked
from crm_api.visits.attachments.queries import shows_attachment


def follow_changes() -> None:
    """Let plans and messages follow their customers, and messages hear who took their moments.

    Attachments, which know nobody above them, hear from visits who sees what hangs on one, and
    accounts from sync which devices were turned away.
    """
    follow(merged.WATCHED, merged.follow_owners)
    follow(plans.TEAMS_WATCHED, plans.follow_teams)
    follow(plans.WATCHED, plans.follow_customers)
    follow(plans.MEMBERS_WATCHED, plans.follow_members)
    follow(messages.WATCHED, messages.follow_numbers)
    follow(reasons.WATCHED, reasons.follow_reasons)
    follow(briefs.WATCHED, briefs.follow_owners)
    hear_of_losses(note_losses)
    let_show("visits", shows_attachment)
    let_turn_away(is_revoked)
    touches.watch(SYNCED, feeding.feed_touched)


def look_after_merges() -> None:
    """Let packages look after their own tables where customers are merged. Upper floors first."""
    let(merged_greetings.RULE, look_after=merged_greetings.LOOKED_AFTER)
    let(merged_plans.RULE, look_after=merged_plans.LOOKED_AFTER)
    let(merged_history.RULE, look_after=merged_history.LOOKED_AFTER)
