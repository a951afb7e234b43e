"""Take a push: one transaction, and each record for itself."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import IntegrityError

from crm_api.kit import runs
from crm_api.kit.db import db
from crm_api.kit.errors import DomainError, NotFound
from crm_api.sync.epochs import queries as epochs
from crm_api.sync.feeding import service as feeding
from crm_api.sync.phones import service as phones
from crm_api.sync.pushing import queries
from crm_api.sync.pushing.errors import VisitPending
from crm_api.sync.pushing.service import judging, locking, receipts, replies
from crm_api.sync.pushing.service.intake import Intake
from crm_api.sync.pushing.service.writing import write
from crm_api.sync.pushing.values import Push
from crm_api.sync.pushing.writers import WRITERS
from crm_api.sync.terms import EPOCH_LENGTH, Pushed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Changes, PushedRecord, Sender

LONGEST_RUN: Final = 64
PLACES: Final = {name: place for place, name in enumerate(WRITERS)}


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
    with runs.under_locks():
        for _whose_turn, records in groupby(sorted(intake.push.records, key=_turn), key=_turn):
            _take_all(list(records), intake)
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


def _prepare(changes: Changes, *, sender: Sender, by: Actor, now: datetime) -> Intake:
    records = changes.records
    digests = {record.key: receipts.digest_of(record) for record in records}
    locking.lock_push(records, by=by, now=now)
    known = queries.known_records(records)
    named = locking.customers_named(records, known=known)
    visible = set(queries.survivors(named, visible_to=by))
    left_at = queries.left_lately(named - visible, by=by, now=now)
    age = changes.last_pulled_at // EPOCH_LENGTH
    return Intake(
        push=Push(
            records=records, by=by, now=now, skew=sender.skew, known=known.keys(), left_at=left_at
        ),
        sender=sender,
        digests=digests,
        known=known,
        visible=visible,
        received=queries.receipts(records, by=by, device_id=sender.device_id),
        gone=queries.gone_from_feed([r for r in records if r.key not in known], by=by),
        is_rescue=0 < age < epochs.current_age().number,
    )


def _turn(record: PushedRecord) -> tuple[bool, int]:
    """Put first what others refer to, and last what is deleted: what refers to others first."""
    is_deletion, place = record.op is Pushed.DELETED, PLACES.get(record.table.name, len(PLACES))
    return is_deletion, -place if is_deletion else place


def _take_all(records: Sequence[PushedRecord], intake: Intake) -> None:
    """Take records of one table, in runs as long as hardly one of them is refused."""
    length = longest = _longest_run(records[0])
    while records:
        next_ones = [record for record in records[:length] if not record.is_done]
        records = records[length:]
        went_well = _take_run(next_ones, intake) or _take_each(next_ones, intake)
        length = min(length * 2, longest) if went_well else max(length // 4, 1)


def _take_each(records: Sequence[PushedRecord], intake: Intake) -> bool:
    taken = [_take(record, intake) for record in records]
    return all(taken)


def _longest_run(record: PushedRecord) -> int:
    writer = WRITERS.get(record.table.name)
    may_run = writer is not None and writer.read_ahead and record.op is not Pushed.DELETED
    return LONGEST_RUN if may_run else 1


def _take_run(records: Sequence[PushedRecord], intake: Intake) -> bool:
    """Write several records in one savepoint; where one is refused, nothing is kept of any."""
    new = [record for record in records if not intake.is_repeat(record)]
    if len(new) < 2:  # noqa: PLR2004 - one is no run
        return False
    try:
        with runs.run():
            _read_ahead(new, intake)
            for record in new:
                if (partly := write(record, intake)) is not None:
                    raise partly
    except (DomainError, IntegrityError):
        return False
    for record in records:
        record.is_done = True
    intake.taken.extend(new)
    return True


def _read_ahead(records: Sequence[PushedRecord], intake: Intake) -> None:
    for record in records:
        record.customer_id = intake.known.get(record.key)
    read_ahead = WRITERS[records[0].table.name].read_ahead
    if read_ahead is not None:
        read_ahead(records, intake.push)


def _take(record: PushedRecord, intake: Intake) -> bool:
    if intake.is_repeat(record):
        record.is_done = True
        return True
    is_taken = _attempt(write, record, intake)
    if is_taken:
        intake.taken.append(record)
    return is_taken


def _finish(record: PushedRecord, intake: Intake) -> None:
    """Do what needs the rest of the push, unless the phone is to send the record again anyhow."""
    finish = WRITERS[record.table.name].finish
    if finish is not None and record.is_done and record.op is not Pushed.DELETED:
        _attempt(lambda record, intake: finish(record, intake.push), record, intake)


def _attempt(
    step: Callable[[PushedRecord, Intake], DomainError | None],
    record: PushedRecord,
    intake: Intake,
) -> bool:
    """Write in a savepoint; tell whether at least a part stands."""
    along = intake.push.along
    along.clear()
    try:
        with db.session.begin_nested():
            partly = step(record, intake)
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


def _refuse(record: PushedRecord, refusal: Exception, intake: Intake, *, stands: bool) -> None:
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


def _close(intake: Intake) -> dict[str, Any]:
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
