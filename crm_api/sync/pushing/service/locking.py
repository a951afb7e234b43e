"""Lock all that a push may touch in one call, and follow customers who were merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import queries as customers
from crm_api.customers.locks import lock_subjects
from crm_api.sync.pushing import queries
from crm_api.sync.pushing.values import VISITS
from crm_api.visits import queries as visits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import PushedRecord

    Key = tuple[str, str]

OF_CUSTOMERS = ("customers", "profiles")  # whose ids are their customers'


def lock_push(records: Sequence[PushedRecord], *, by: Actor, now: datetime) -> None:
    """Lock the customers of a push, whoever is the same person, their groups and their numbers.

    A phone may still know a customer by a former id: its records go to the one who goes on.
    """
    named = customers_named(records, known=queries.known_records(records))
    going_on = queries.survivors(named, visible_to=by)
    left = queries.left_lately(named - going_on.keys(), by=by, now=now)
    _lock({*going_on, *going_on.values(), *left})
    for record in records:
        former = record.text("customer_id")
        if former is not None and going_on.get(former, former) != former:
            record.row = {**record.row, "customer_id": going_on[former]}


def customers_named(
    records: Sequence[PushedRecord], *, known: Mapping[Key, str | None]
) -> set[str]:
    """Return every customer whom these records concern, as they say or as the server knows."""
    rows = {record.text("customer_id") for record in records}
    own = {record.id for record in records if record.table.name in OF_CUSTOMERS}
    visit_ids = {record.text("visit_id") for record in records}
    visit_ids |= {record.id for record in records if record.table.name == VISITS}
    met = queries.customers_of_visits({one for one in visit_ids if one})
    return {one for one in {*known.values(), *rows, *own, *met} if one}


def _lock(customer_ids: Collection[str]) -> None:
    together = {*customer_ids, *visits.groups_of(customer_ids)}
    reach = customers.reach_of(together)
    lock_subjects(
        customer_ids={member for reached in reach.values() for member in reached.person_ids},
        endpoints={reached.phone for reached in reach.values() if reached.phone},
    )
