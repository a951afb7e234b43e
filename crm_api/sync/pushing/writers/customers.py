"""The core profile: what an account manager may mend of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.customers import queries, service
from crm_api.customers.errors import CustomerMerged
from crm_api.customers.provenance.values import Source
from crm_api.customers.schemas.core import CustomerAmendmentSchema
from crm_api.kit.errors import Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.ahead import read_customers
from crm_api.sync.pushing.writers.shape import Writer

if TYPE_CHECKING:
    from crm_api.sync.pushing.values import Push, PushedRecord


def _change(record: PushedRecord, push: Push) -> None:
    changes = load(CustomerAmendmentSchema, decode(record, push))
    source = Source(changes.pop("learned_by"))
    current = queries.get_customer(record.id, visible_to=push.by)
    service.change_customer(
        record.id,
        changes=changes,
        expected_version=current.version,
        by=push.by,
        now=push.now,
        source=source,
    )


WRITER = Writer(
    change=_change, read_ahead=read_customers, refuses=(NotFound, CustomerMerged, Invalid)
)
