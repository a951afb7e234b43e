"""The days that matter to a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import queries, service
from crm_api.customers.errors import BirthdayKnown, CustomerMerged
from crm_api.customers.models import Anniversary
from crm_api.customers.schemas.extended import AnniversaryChangesSchema, NewAnniversarySchema
from crm_api.kit import runs
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.ahead import read_customers
from crm_api.sync.pushing.writers.shape import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.sync.pushing.values import Push, PushedRecord


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push)
    customer_id = str(told.pop("customer_id", ""))
    content = load(NewAnniversarySchema, {**told, "id": record.id})
    service.add_anniversary(customer_id, content=content, by=push.by, now=push.now)


def _change(record: PushedRecord, push: Push) -> None:
    changes = load(AnniversaryChangesSchema, decode(record, push))
    known = queries.get_anniversary(record.id, customer_id=str(record.customer_id))
    service.change_anniversary(
        known.customer_id,
        anniversary_id=record.id,
        changes=changes,
        expected_version=known.version,
        by=push.by,
        now=push.now,
    )


def _read_ahead(records: Sequence[PushedRecord], push: Push) -> None:
    read_customers(records, push)
    runs.read_ahead(Anniversary, [record.id for record in records])


WRITER = Writer(
    create=_create,
    change=_change,
    read_ahead=_read_ahead,
    refuses=(NotFound, CustomerMerged, BirthdayKnown, IdTaken, Invalid),
)
