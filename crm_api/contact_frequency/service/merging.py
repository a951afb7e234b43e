"""What becomes of the ledger where two customers are merged: see `customers.merging`.

What is planned goes on with the survivor. What happened stays with whom it happened to: the two
are one person from now on, and one person's contacts count together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.models.slots import OPEN, TAKEN_OCCURRENCE
from crm_api.contact_frequency.terms import SubjectKind
from crm_api.customers.merging.service.journal import rows_of
from crm_api.customers.merging.values import Rule
from crm_api.kit.db import db

if TYPE_CHECKING:
    from crm_api.customers.merging.values import Merging

SLOTS = cast("sa.Table", Slot.__table__)
SUBJECTS = cast("sa.Table", SlotSubject.__table__)
LOOKED_AFTER = ("contact_slots", "slot_subjects")


def move_plans(merging: Merging) -> None:
    """Let what is planned with the merged customer be planned with the survivor."""
    merged_id, survivor_id = merging.merged.id, merging.survivor.id
    db.session.flush()
    _move_subjects(merging)
    planned = sa.and_(SLOTS.c.customer_id == merged_id, OPEN)
    said = sa.select(SLOTS.c.occurrence).where(SLOTS.c.customer_id == survivor_id, TAKEN_OCCURRENCE)
    for row in rows_of(SLOTS, sa.and_(planned, SLOTS.c.occurrence.in_(said))):
        merging.journal.change(SLOTS, row, {"occurrence": None})  # the survivor's says it
    merging.journal.move(SLOTS, "customer_id", planned, to=survivor_id)


def _move_subjects(merging: Merging) -> None:
    """Let a contact that meets them both, such as one visit to two, meet the survivor once."""
    merged_id, survivor_id = merging.merged.id, merging.survivor.id
    planned = sa.select(SLOTS.c.id).where(OPEN)
    theirs = sa.and_(
        SUBJECTS.c.subject_id == merged_id,
        SUBJECTS.c.subject_kind == SubjectKind.CUSTOMER,
        SUBJECTS.c.slot_id.in_(planned),
    )
    other = SUBJECTS.alias("other")
    meets_both = sa.exists().where(
        other.c.slot_id == SUBJECTS.c.slot_id, other.c.subject_id == survivor_id
    )
    merging.journal.take_away(SUBJECTS, rows_of(SUBJECTS, sa.and_(theirs, meets_both)))
    merging.journal.move(SUBJECTS, "subject_id", theirs, to=survivor_id)


RULE = Rule(move_plans)
