"""Write one record of a push, by the writer of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError, NotFound
from crm_api.sync.pushing.errors import NotForPhones, ReadOnlyColumns
from crm_api.sync.pushing.writers import WRITERS
from crm_api.sync.tables import Written
from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from crm_api.sync.pushing.service.intake import Intake
    from crm_api.sync.pushing.values import Push, PushedRecord
    from crm_api.sync.pushing.writers import Writer


def write(record: PushedRecord, intake: Intake) -> DomainError | None:
    """Write a record; return what of it is refused where the rest stands.

    :raises DomainError: if it is refused as a whole
    """
    writer = WRITERS.get(record.table.name)
    if writer is None:
        raise NotForPhones
    if record.key in intake.known:
        return _change(record, writer, intake)
    if record.op is not Pushed.DELETED:
        return _create(record, writer, intake)
    return None


def _create(record: PushedRecord, writer: Writer, intake: Intake) -> DomainError | None:
    """Take a record that is not there: unless it was, for nothing deleted returns."""
    was_there = record.key in intake.received or record.key in intake.gone
    if was_there or (record.op is Pushed.UPDATED and not intake.is_rescue):
        raise NotFound(record.table.name)
    if writer.create is None:
        raise NotForPhones
    record.changed = record.writable(Written.AT_FIRST, Written.ALWAYS)
    return writer.create(record, intake.push)


def _change(record: PushedRecord, writer: Writer, intake: Intake) -> DomainError | None:
    """Merge by column what its user edited; all of it, where it comes for the first time."""
    record.customer_id = intake.known[record.key]
    if record.customer_id is not None and record.customer_id not in intake.visible:
        raise NotFound(record.table.name)
    if record.op is Pushed.DELETED:
        return _delete(record, writer, intake.push)
    is_first = record.op is Pushed.CREATED and record.key not in intake.received
    allowed = record.writable(Written.ALWAYS)
    record.changed = allowed if is_first else allowed & record.edited
    if record.changed and writer.change is not None:
        return writer.change(record, intake.push)
    if record.edited:
        raise ReadOnlyColumns
    return None


def _delete(record: PushedRecord, writer: Writer, push: Push) -> DomainError | None:
    if writer.delete is None:
        raise NotForPhones
    return writer.delete(record, push)
