"""Who changes hands takes along what briefs about others say of them: told by `kit.following`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers.models import Customer
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.policies import naming
from crm_api.preparation.briefs.service.freezing import composed, freeze

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.kit.following import Changed, Watched

WATCHED: Watched = {Customer: ("owner_id",)}


def follow_owners(changes: Sequence[Changed]) -> None:
    """Compose anew the briefs of groups that name key persons of another account manager by now.

    Phones have the newest brief of a visit. The one before told the former owner of a person who
    is no longer theirs, or the group's new owner of the former one's: it has to go at once.
    """
    left = {change.before["owner_id"] for change in changes} - {None}
    moved = {change.record.id for change in changes}
    told = queries.newest_of_groups(moved, owner_ids=left)
    named = {person_id for one in told for person_id in naming.key_persons_in(one.content)}
    if not named:
        return
    owners = queries.owners_of(named | {one.customer_id for one in told})
    stale = {
        one.visit_id
        for one in told
        if not naming.is_of_one_portfolio(one.content, customer_id=one.customer_id, owners=owners)
    }
    if stale:
        _compose_anew(stale, now=clock.after_lock(db.session()))


def _compose_anew(visit_ids: set[str], *, now: datetime) -> None:
    for visit in queries.whole_visits(visit_ids):
        content, digest = composed(visit, now=now)
        freeze(visit.id, content, digest=digest, by_id=visit.owner_id, now=now)
