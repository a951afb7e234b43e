"""Log a contact by hand, with or without a reservation made for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.queries import lists as ledger
from crm_api.contact_history import policies, queries
from crm_api.contact_history.errors import NotAsReserved, ReservationLogged
from crm_api.contact_history.service.recording import is_same, record_contact
from crm_api.customers import queries as customers
from crm_api.kit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import Overrun, Slot
    from crm_api.contact_history.models import Contact
    from crm_api.contact_history.policies import Warned
    from crm_api.contact_history.values import NewContact


@dataclass(frozen=True, kw_only=True)
class LoggedContact:
    """A contact as it was taken in, and what whoever told of it should know, where they ask."""

    contact_id: str
    by: Actor
    now: datetime

    @cached_property
    def contact(self) -> Contact:
        """Return it as the history shows it."""
        return queries.get_contact(self.contact_id, visible_to=self.by)

    @cached_property
    def overruns(self) -> Sequence[Overrun]:
        """Return what it broke."""
        return queries.overruns_of(self.contact)

    @property
    def warnings(self) -> Sequence[Warned]:
        """Return what somebody should look at."""
        to_move = queries.plans_to_move(self.contact.customer_id, after=self.now)
        return policies.warnings(
            age=self.contact.recorded_at - self.contact.occurred_at,
            has_overrun=bool(self.overruns),
            to_move=[slot.id for slot in to_move],
        )


def log_contact(
    entry: NewContact, *, reservation_id: str | None, by: Actor, now: datetime
) -> LoggedContact:
    """Record a contact that somebody of ours made or received.

    A fact is never refused: what it broke is told back, and which plans must move now.

    :raises NotFound: if there is no such customer, reservation, or visit to the customer
    :raises NotAsReserved: if the reservation was made for another kind of contact
    :raises ReservationLogged: if another contact made use of it
    :raises NotYetHappened: if it lies in the future
    """
    # A phone may still know a customer by a former id, and a fact is never refused.
    reached = customers.reach_of([entry.customer_id]).get(entry.customer_id)
    going_on = reached and reached.merged_into_id
    entry = replace(entry, customer_id=going_on or entry.customer_id)
    customers.require_visible([entry.customer_id], visible_to=by)
    if reservation_id is None:
        ledger.require_visit(entry.visit_id, customer_id=entry.customer_id, is_ahead=False)
        contact = record_contact(entry, by_id=by.id, now=now)
    else:
        contact = _log_reserved(entry, reservation_id, by=by, now=now)
    return LoggedContact(contact_id=contact.id, by=by, now=now)


def _log_reserved(entry: NewContact, reservation_id: str, *, by: Actor, now: datetime) -> Contact:
    slot = _get_reserved(entry, reservation_id, by=by)
    entry = replace(entry, source=slot.source, visit_id=slot.visit_id)
    told = queries.find_told(entry)
    if told is not None and not is_same(told, entry):
        raise ReservationLogged(contact_id=told.id)
    if told is None and policies.is_past(entry.occurred_at, now=now):
        contact_frequency.consume_slot(
            slot.id, occurred_at=entry.occurred_at, outcome=entry.outcome
        )
    return record_contact(entry, by_id=by.id, now=now, slot_id=slot.id)


def _get_reserved(entry: NewContact, reservation_id: str, *, by: Actor) -> Slot:
    slot = ledger.get_reservation(reservation_id, visible_to=by)
    if slot.customer_id != entry.customer_id:
        raise NotFound("reservation")
    _require_as_reserved(entry, slot)
    return slot


def _require_as_reserved(entry: NewContact, slot: Slot) -> None:
    for name in ("channel", "category"):
        reserved = getattr(slot, name)
        if getattr(entry, name) != reserved:
            raise NotAsReserved(name, reserved=reserved)
