"""The extended profile: one for each customer, under the customer's id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crm_api.customers import service
from crm_api.customers.errors import CustomerMerged
from crm_api.customers.models import ExtendedProfile
from crm_api.customers.provenance.values import Source
from crm_api.customers.schemas.extended import ExtendedProfileChangesSchema
from crm_api.kit import runs
from crm_api.kit.errors import Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load
from crm_api.sync.pushing.writers.ahead import read_customers
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.sync.pushing.values import Push, PushedRecord

HOURS: Final = {"preferred_from", "preferred_until"}


def _write(record: PushedRecord, push: Push) -> None:
    # One end of the hours means nothing without the other.
    names = record.changed | HOURS if record.changed & HOURS else record.changed
    told = decode(record, push, names=names)
    if record.op is Pushed.CREATED:  # blanks of a new row say nothing of what others noted
        told = {name: value for name, value in told.items() if value or name in record.edited}
    changes = load(ExtendedProfileChangesSchema, told)
    source = Source(changes.pop("learned_by"))
    known = service.get_extended_profile(record.id, visible_to=push.by, now=push.now)
    service.change_extended_profile(
        record.id,
        changes=changes,
        expected_version=known.version,
        by=push.by,
        now=push.now,
        source=source,
    )


def _read_ahead(records: Sequence[PushedRecord], push: Push) -> None:
    read_customers(records, push)
    runs.read_ahead(ExtendedProfile, [record.id for record in records])


WRITER = Writer(
    create=_write,
    change=_write,
    read_ahead=_read_ahead,
    refuses=(NotFound, CustomerMerged, Invalid),
)
