"""Which plans stand so near a contact that it may have made them illegal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.models.slots import SUBJECT_COUNTS
from crm_api.contact_frequency.policies.moments import DAY
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.straight import StraightRead

if TYPE_CHECKING:
    from collections.abc import Collection

WIDEST: Final = 32 * DAY
_AT_MOST: Final = 200


def plans_beside(slot_id: str, *, subject_ids: Collection[str], at: int) -> list[str]:
    """Return the plans with these subjects around a moment, the soonest first."""
    rows = _BESIDE.rows(
        slot_id=slot_id,
        subject_ids=as_parameter(subject_ids),
        earliest=at - WIDEST,
        latest=at + WIDEST,
    )
    return list(dict.fromkeys(beside_id for beside_id, _at in rows))


_BESIDE = StraightRead(
    sa.select(Slot.id, Slot.effective_at)
    .join(SlotSubject, SlotSubject.slot_id == Slot.id)
    .where(among(SlotSubject.subject_id, "subject_ids"), SUBJECT_COUNTS)
    .where(SlotSubject.effective_micros >= sa.bindparam("earliest", type_=sa.BigInteger()))
    .where(SlotSubject.effective_micros <= sa.bindparam("latest", type_=sa.BigInteger()))
    .where(Slot.state.in_(PLANNED_STATES), Slot.id != sa.bindparam("slot_id", type_=sa.Text()))
    .order_by(Slot.effective_at, Slot.id)
    .limit(_AT_MOST)
)
