"""What becomes of the history where two customers are merged: see `customers.merging`.

Entries never move: each keeps its customer and its place in that customer's chain. They are read
together, and the survivor's four facts are those of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_history import queries
from crm_api.contact_history.models import Contact
from crm_api.contact_history.queries.overviews import FACT_FIELDS
from crm_api.contact_history.service.chains import advance_facts, lock_history, recount_facts
from crm_api.customers.merging.values import Rule
from crm_api.kit.db import db

if TYPE_CHECKING:
    from crm_api.customers.merging.values import Merging

LOOKED_AFTER = ("contact_histories",)


def unite_facts(merging: Merging) -> None:
    """Let the survivor's facts be the latest of both."""
    theirs = queries.contact_facts([merging.merged.id]).get(merging.merged.id)
    if theirs is not None:
        moments = {name: getattr(theirs, name) for name in FACT_FIELDS}
        known = {name: moment for name, moment in moments.items() if moment is not None}
        advance_facts(lock_history(merging.survivor.id), known)


def part_facts(merging: Merging) -> None:
    """Let each one's facts be its own again."""
    for customer in (merging.survivor, merging.merged):
        recount_facts(lock_history(customer.id))


def happened_since(merging: Merging) -> dict[str, set[str]]:
    """Name the visits and slots of which the survivor's own history tells since the merge."""
    told = sa.select(Contact.visit_id, Contact.slot_id).where(
        Contact.customer_id == merging.survivor.id, Contact.recorded_at >= merging.since
    )
    rows = db.session.execute(told).all()
    return {
        "visits": {row.visit_id for row in rows if row.visit_id},
        "contact_slots": {row.slot_id for row in rows if row.slot_id},
    }


RULE = Rule(unite_facts, stays=happened_since, after_undo=part_facts)
