"""Held slots that gave way: whoever holds them is told within the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot, SlotSubject
from crm_api.contact_frequency.terms import Counting, SlotState
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.contact_frequency.values import Loser, Plan

SLOTS = cast("sa.Table", Slot.__table__)
SUBJECTS = cast("sa.Table", SlotSubject.__table__)
SAID = "another_greeting_that_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A held slot that gave way, to which contact, and why."""

    slot_id: str
    state: SlotState
    winner_slot_id: str
    reason: str
    at: datetime


_listeners: list[Callable[[Sequence[Loss]], None]] = []


def hear_of_losses(listener: Callable[[Sequence[Loss]], None]) -> None:
    """Have a floor above told of each loss; the composition root arranges it."""
    if listener not in _listeners:
        _listeners.append(listener)


def give_way(losses: Sequence[Loss]) -> None:
    """Take held slots out of the count, in the one order of their ids, and tell of it.

    A loser may touch others than its winner does, whom nobody locked. Somebody who took its place
    there at the same instant has said so first, and that is left as it is.
    """
    rows = [
        {
            "its_slot": loss.slot_id,
            "state": loss.state,
            "reason": loss.reason,
            "winner_slot_id": loss.winner_slot_id,
            "needs_new_plan": False,
        }
        for loss in sorted(losses, key=lambda loss: loss.slot_id)
    ]
    ids = [{"its_slot": row["its_slot"]} for row in rows]
    its_slot: sa.BindParameter[str] = sa.bindparam("its_slot")
    connection = db.session.connection()
    still_held = sa.update(SLOTS).where(SLOTS.c.id == its_slot, SLOTS.c.state == SlotState.HELD)
    gone = sa.update(SUBJECTS).where(SUBJECTS.c.slot_id == its_slot)
    connection.execute(still_held, rows)
    connection.execute(gone.values(counting=Counting.NONE, claim=None), ids)
    for listener in _listeners:
        listener(losses)


def reason_of(loser: Loser, winner: Plan) -> str:
    """Return why a slot lost, in a code for people's lists."""
    if loser.becomes is SlotState.COALESCED:
        return SAID
    return f"lost_to_{winner.category}_{winner.channel}"
