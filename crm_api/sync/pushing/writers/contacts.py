"""What happened: told once, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.queries import lists as ledger
from crm_api.contact_history import service
from crm_api.contact_history.schemas import NewContactSchema
from crm_api.contact_history.values import NewContact
from crm_api.customers import queries as customers
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.sync.pushing.writers.visits.lending import actor_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.sync.pushing.values import Push, PushedRecord


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push, facts=("occurred_at",))
    customer_id = str(told.pop("customer_id", ""))
    told["begun_by_customer"] = told.pop("is_begun_by_customer", False)
    content = load(NewContactSchema, {**told, "id": record.id})
    content.pop("reservation_id")
    content["visit_id"] = _served(content["visit_id"], customer_id=customer_id)
    entry = NewContact(customer_id=customer_id, **content)
    by = actor_at(push, customer_id=customer_id, at=entry.occurred_at)
    service.log_contact(entry, reservation_id=None, by=by, now=push.now)


def _served(visit_id: str | None, *, customer_id: str) -> str | None:
    """Return the visit that a contact served. A fact stands where the visit does not."""
    try:
        ledger.require_visit(visit_id, customer_id=customer_id, is_ahead=False)
    except NotFound:
        return None
    return visit_id


def _read_ahead(records: Sequence[PushedRecord], _push: Push) -> None:
    named = {record.text("customer_id") for record in records}
    customers.reach_of(one for one in named if one)


WRITER = Writer(create=_create, read_ahead=_read_ahead, refuses=(NotFound, IdTaken, Invalid))
