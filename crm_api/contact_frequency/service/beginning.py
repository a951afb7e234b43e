"""Contacts that begin: read and written as rows, a few statements for any number of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.service.ledger import when_columns
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.bulk import update_rows
from crm_api.kit.bundles import Bundle, among

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.service.locking import Touched
    from crm_api.customers.terms import Category, Channel

_SLOTS, _SUBJECTS = Slot.__table__.c, SlotSubject.__table__.c
_JUDGED_BY = Bundle(
    slots=sa.select(
        *(_SLOTS.id, _SLOTS.customer_id, _SLOTS.channel, _SLOTS.category, _SLOTS.state),
        *(_SLOTS.effective_at, _SLOTS.endpoint, _SLOTS.visit_id, _SLOTS.occurrence),
        *(_SLOTS.said_once, _SLOTS.not_after, _SLOTS.source, _SLOTS.is_agreed),
        *(_SLOTS.occasion_class, _SLOTS.occasion_rank, _SLOTS.override_id, _SLOTS.created_at),
    ).where(among(_SLOTS.id, "ids")),
    touched=sa.select(_SUBJECTS.slot_id, _SUBJECTS.subject_kind, _SUBJECTS.subject_id).where(
        among(_SUBJECTS.slot_id, "ids")
    ),
)


class Asked(NamedTuple):
    """What a begin is judged by of the slot itself, as it was read."""

    id: str
    customer_id: str
    channel: Channel
    category: Category
    state: SlotState
    effective_at: datetime
    endpoint: str | None
    visit_id: str | None
    occurrence: str | None
    said_once: str | None
    not_after: datetime | None
    source: str | None
    is_agreed: bool
    occasion_class: int | None
    occasion_rank: int | None
    override_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A contact that begins: what it counts as, and the decision that let it."""

    slot_id: str
    unit: str
    stamp: dict[str, Any]
    decision_id: str | None


def look_at_asked(slot_ids: Collection[str]) -> tuple[Touched, list[Asked]]:
    """Read whom slots touch, and by what their begin is judged, in the order asked."""
    rows = _JUDGED_BY.read(ids=sorted(slot_ids))
    found = {slot_id: Asked(slot_id, *rest) for slot_id, *rest in rows["slots"]}
    asked = [found[slot_id] for slot_id in dict.fromkeys(slot_ids) if slot_id in found]
    return frozenset(map(tuple, rows["touched"])), asked


def keep_begun(begun: Sequence[Begun], *, at: datetime, names_segments: bool) -> None:
    """Put contacts in flight: each stands where it began from now on.

    Segments are written only where a policy names any: else nobody reads them.
    """
    stamped = ("tier", "segments") if names_segments else ("tier",)
    slots = [
        {
            "id": one.slot_id,
            "decision_id": one.decision_id,
            **{name: one.stamp[name] for name in stamped},
        }
        for one in begun
    ]
    now = {"effective_at": at, "judged_at": at}
    subjects = [{"slot_id": one.slot_id, "unit": one.unit} for one in begun]
    here = {"claim": None, **when_columns(at)}
    update_rows(
        Slot, slots, key=("id",), alike={"state": SlotState.IN_FLIGHT, "reason": None, **now}
    )
    update_rows(SlotSubject, subjects, key=("slot_id",), alike=here)
