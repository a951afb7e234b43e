"""Take a push: one transaction, and each record for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError

from crm_api.kit.db import db
from crm_api.kit.errors import DomainError, NotFound
from crm_api.sync.epochs import queries as epochs
from crm_api.sync.feeding import service as feeding
from crm_api.sync.phones import service as phones
from crm_api.sync.pushing import queries
from crm_api.sync.pushing.errors import NotForPhones, ReadOnlyColumns, VisitPending
from crm_api.sync.pushing.service import judging, locking, receipts, replies
from crm_api.sync.pushing.values import Push, Rejection
from crm_api.sync.pushing.writers import WRITERS
from crm_api.sync.tables import Written
from crm_api.sync.terms import EPOCH_LENGTH, Pushed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Changes, PushedRecord, Sender
    from crm_api.sync.pushing.writers import Writer

    Key = tuple[str, str]

PLACES: Final = {name: place for place, name in enumerate(WRITERS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intake:
    """What is known of the records of a push, and what became of them."""

    push: Push
    sender: Sender
    digests: dict[Key, str]
    known: dict[Key, str | None]
    visible: set[str]
    received: dict[Key, str]
    gone: set[Key]
    # The phone has not pulled since a backup was restored: what it has may be the only copy.
    is_rescue: bool
    taken: list[PushedRecord] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def take_push(changes: Changes, *, sender: Sender, by: Actor, now: datetime) -> dict[str, Any]:
    """Take all records of a push, through the services that the online calls use.

    What cannot be taken is refused record by record, and hinders no other. What is stored otherwise
    than the phone believes is delivered to it again.

    :raises DeviceRevoked: if the phone was turned away
    :raises UpgradeRequired: if its app is too old
    :raises ServerRestored: if it has yet to learn of a restored backup
    :raises KeyReused: if the idempotency key came with other content before
    """
    _see_phone(changes, sender=sender, by=by, now=now)
    answered = replies.claim(sender, staff_id=by.id, body_digest=changes.digest, now=now)
    if answered is not None:
        return answered
    intake = _prepare(changes, sender=sender, by=by, now=now)
    for record in sorted(intake.push.records, key=_turn):
        if not record.is_done:
            _take(record, intake)
    for record in intake.taken:
        _finish(record, intake)
    reply = _close(intake)
    replies.keep(reply, sender, staff_id=by.id)
    return reply


def _see_phone(changes: Changes, *, sender: Sender, by: Actor, now: datetime) -> None:
    phone = phones.see_phone(
        by,
        device_id=sender.device_id,
        app_version=sender.app_version,
        restore_seen=sender.restore_seen,
        cursor=changes.last_pulled_at,
        now=now,
    )
    phone.last_pushed_at = now
    phone.skew_ms = sender.skew // timedelta(milliseconds=1)


def _prepare(changes: Changes, *, sender: Sender, by: Actor, now: datetime) -> _Intake:
    records = changes.records
    digests = {record.key: receipts.digest_of(record) for record in records}
    locking.lock_push(records, by=by, now=now)
    known = queries.known_records(records)
    named = locking.customers_named(records, known=known)
    visible = set(queries.survivors(named, visible_to=by))
    left_at = queries.left_lately(named - visible, by=by, now=now)
    age = changes.last_pulled_at // EPOCH_LENGTH
    return _Intake(
        push=Push(
            records=records, by=by, now=now, skew=sender.skew, known=known.keys(), left_at=left_at
        ),
        sender=sender,
        digests=digests,
        known=known,
        visible=visible,
        received=queries.receipts(records, by=by, device_id=sender.device_id),
        gone=queries.gone_from_feed(records, by=by),
        is_rescue=0 < age < epochs.current_age().number,
    )


def _turn(record: PushedRecord) -> tuple[bool, int]:
    """Put first what others refer to, and last what is deleted."""
    return record.op is Pushed.DELETED, PLACES.get(record.table.name, len(PLACES))


def _take(record: PushedRecord, intake: _Intake) -> None:
    if _is_repeat(record, intake):
        record.is_done = True
    elif _attempt(_write, record, intake):
        intake.taken.append(record)


def _finish(record: PushedRecord, intake: _Intake) -> None:
    """Do what needs the rest of the push, unless the phone is to send the record again anyhow."""
    finish = WRITERS[record.table.name].finish
    if finish is not None and record.is_done and record.op is not Pushed.DELETED:
        _attempt(lambda record, intake: finish(record, intake.push), record, intake)


def _attempt(
    write: Callable[[PushedRecord, _Intake], DomainError | None],
    record: PushedRecord,
    intake: _Intake,
) -> bool:
    """Write in a savepoint; tell whether at least a part stands."""
    along = intake.push.along
    along.clear()
    try:
        with db.session.begin_nested():
            partly = write(record, intake)
            db.session.flush()
    except (DomainError, IntegrityError) as refusal:
        for other in along:
            other.is_done = False
        _refuse(record, refusal, intake, stands=record.is_done)
        return False
    record.is_done = True
    if partly is not None:
        _refuse(record, partly, intake, stands=True)
    return True


def _is_repeat(record: PushedRecord, intake: _Intake) -> bool:
    is_deletion = record.op is Pushed.DELETED
    return not is_deletion and intake.received.get(record.key) == intake.digests[record.key]


def _refuse(record: PushedRecord, refusal: Exception, intake: _Intake, *, stands: bool) -> None:
    if isinstance(refusal, NotFound) and intake.push.awaits(record):
        refusal = VisitPending()
    rejection = judging.judge(
        record,
        refusal,
        push=intake.push,
        device_id=intake.sender.device_id,
        customer_id=intake.known.get(record.key),
        stands=stands,
    )
    intake.rejections.append(rejection)
    record.is_done = not rejection.is_fixable


def _write(record: PushedRecord, intake: _Intake) -> DomainError | None:
    writer = WRITERS.get(record.table.name)
    if writer is None:
        raise NotForPhones
    if record.key in intake.known:
        return _change(record, writer, intake)
    if record.op is not Pushed.DELETED:
        return _create(record, writer, intake)
    return None


def _create(record: PushedRecord, writer: Writer, intake: _Intake) -> DomainError | None:
    """Take a record that is not there: unless it was, for nothing deleted returns."""
    was_there = record.key in intake.received or record.key in intake.gone
    if was_there or (record.op is Pushed.UPDATED and not intake.is_rescue):
        raise NotFound(record.table.name)
    if writer.create is None:
        raise NotForPhones
    record.changed = record.writable(Written.AT_FIRST, Written.ALWAYS)
    return writer.create(record, intake.push)


def _change(record: PushedRecord, writer: Writer, intake: _Intake) -> DomainError | None:
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


def _close(intake: _Intake) -> dict[str, Any]:
    """Keep receipts, deliver again what was acknowledged, and answer."""
    push = intake.push
    refused = {rejection.record.key for rejection in intake.rejections}
    kept = [r for r in push.records if r.is_done and r.op is not Pushed.DELETED]
    receipts.keep(
        [(record, intake.digests[record.key]) for record in kept],
        intake.sender,
        staff_id=push.by.id,
        now=push.now,
    )
    returned = [r for r in push.records if r.op is Pushed.DELETED and r.key in refused]
    _deliver_again([*kept, *returned], push)
    number = queries.feed_seq(push.by.id)
    return {
        "experimentalRejectedIds": judging.rejected_ids(intake.rejections),
        "rejections": [judging.told(rejection) for rejection in intake.rejections],
        "seq": epochs.current_age().number * EPOCH_LENGTH + number,
    }


def _deliver_again(records: Sequence[PushedRecord], push: Push) -> None:
    by_table: dict[str, set[str]] = {}
    for record in records:
        by_table.setdefault(record.table.name, set()).add(record.id)
    for table, ids in by_table.items():
        feeding.deliver_again(push.by.id, table=table, record_ids=ids, now=push.now)
