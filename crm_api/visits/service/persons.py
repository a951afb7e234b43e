"""Whom a visit met, planned or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.errors import Invalid
from crm_api.kit.ids import new_id
from crm_api.visits import queries
from crm_api.visits.models import VisitPerson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit

Told = list[dict[str, Any]]


def require_met(told: Told | None, *, visible_to: Actor) -> list[str]:
    """Return which customers are named as met beyond the plan, before any of them is locked.

    :raises NotFound: if the actor may not see one of them
    """
    customer_ids = [one["customer_id"] for one in told or () if one["customer_id"]]
    queries.require_customers(customer_ids, visible_to=visible_to)
    return customer_ids


def note_met(visit: Visit, told: Told | None, *, now: datetime) -> Sequence[str]:
    """Keep who of the planned was really there, and who else; return the customers that are new.

    :raises Invalid: if it names a person whom the visit does not know
    """
    if told is None:
        return ()
    known = {person.id: person for person in visit.persons}
    met = {one["id"] for one in told if one["id"]}
    if met - set(known):
        raise Invalid("/persons_met", "Name persons of this visit by id, others by name.")
    for person_id, person in known.items():
        person.was_met = person_id in met
    before = set(visit.met_ids)
    _add([one for one in told if not one["id"]], visit, now=now)
    return [c for c in visit.met_ids if c not in before]


def names_met(visit: Visit) -> str:
    """Return whom the history names: those who were met, or else those who were to be."""
    return ", ".join(person.name for person in visit.persons if person.was_met is not False)


def _add(others: Told, visit: Visit, *, now: datetime) -> None:
    last = max((person.position for person in visit.persons), default=0)
    visit.persons += [
        VisitPerson(
            id=new_id(),
            position=last + n,
            customer_id=one["customer_id"],
            name=one["name"],
            role=one["role"],
            is_planned=False,
            was_met=True,
            created_at=now,
        )
        for n, one in enumerate(others, 1)
    ]
