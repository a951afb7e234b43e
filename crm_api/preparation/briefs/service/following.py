"""Who changes hands takes along what briefs about others say of them: told by `kit.following`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers.models import Customer
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.service.freezing import withdraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.kit.following import Changed, Watched

WATCHED: Watched = {Customer: ("owner_id", "team_id")}


def follow_owners(changes: Sequence[Changed]) -> None:
    """Withdraw the briefs of groups that name key persons of another portfolio by now.

    Phones have the newest brief of a visit. It told the former owner of a person who is no longer
    theirs, or would tell the group's new owner of the former one's: it has to go at once. Another
    one is composed within a minute, or by whoever asks for it: that takes its time, and is nothing
    to do while so many are locked.
    """
    moved = {change.record.id for change in changes}
    left = {change.before.get("owner_id", change.record.owner_id) for change in changes}
    stale = queries.stale_briefs(moved, owner_ids=left - {None})
    if stale:
        withdraw(stale, now=clock.after_lock(db.session()))
