"""Contacts that begin: read and written as rows, a few statements for any number of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.service.ledger import when_columns
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.bulk import update_rows
from crm_api.kit.bundles import among, as_parameter
from crm_api.kit.straight import StraightRows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_SLOTS = Slot.__table__.c
_JUDGED_BY = StraightRows(
    sa.select(
        *(_SLOTS.id, _SLOTS.customer_id, _SLOTS.channel, _SLOTS.category, _SLOTS.state),
        *(_SLOTS.effective_at, _SLOTS.endpoint, _SLOTS.visit_id, _SLOTS.occurrence),
        *(_SLOTS.said_once, _SLOTS.not_after, _SLOTS.source, _SLOTS.is_agreed),
        *(_SLOTS.occasion_class, _SLOTS.occasion_rank, _SLOTS.override_id, _SLOTS.created_at),
    ).where(among(_SLOTS.id, "ids"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A contact that begins: what it counts as, and the decision that let it."""

    slot_id: str
    unit: str
    stamp: dict[str, Any]
    decision_id: str | None


def read_asked(slot_ids: Collection[str]) -> Sequence[Any]:
    """Read slots whose subjects are locked by what a begin is judged by, in the order asked."""
    rows = _JUDGED_BY.named(ids=as_parameter(sorted(slot_ids)))
    found = {row.id: row for row in rows}
    return [found[slot_id] for slot_id in dict.fromkeys(slot_ids) if slot_id in found]


def keep_begun(begun: Sequence[Begun], *, at: datetime, names_segments: bool) -> None:
    """Put contacts in flight: each stands where it began from now on.

    Segments are written only where a policy names any: else nobody reads them.
    """
    here = when_columns(at)
    stamped = ("tier", "segments") if names_segments else ("tier",)
    slots = [
        {
            "id": one.slot_id,
            "state": SlotState.IN_FLIGHT,
            "reason": None,
            "effective_at": at,
            "decision_id": one.decision_id,
            "judged_at": at,
            **{name: one.stamp[name] for name in stamped},
        }
        for one in begun
    ]
    subjects = [{"slot_id": one.slot_id, "unit": one.unit, "claim": None, **here} for one in begun]
    update_rows(Slot, slots, key=("id",))
    update_rows(SlotSubject, subjects, key=("slot_id",))
