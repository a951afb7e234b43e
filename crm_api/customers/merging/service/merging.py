"""Merge two customers, see beforehand what that would do, and take it back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.audit import service as audit
from crm_api.customers import locks, queries
from crm_api.customers.errors import UndoTooLate
from crm_api.customers.merging import queries as merges
from crm_api.customers.merging.errors import LaterMergeFirst, NotMergeable
from crm_api.customers.merging.models import Merge
from crm_api.customers.merging.service import rules
from crm_api.customers.merging.service.journal import Journal
from crm_api.customers.merging.service.links import settle_tiers
from crm_api.customers.merging.service.rows import hand_open_rows, move_rows, put_back
from crm_api.customers.merging.values import Merging, Preview, Touched
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.errors import Busy
from crm_api.kit.following import tell_now
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import end_reading
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def merge_customers(
    survivor_id: str,
    *,
    merged_id: str,
    survivor_version: int,
    merged_version: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> Merge:
    """Let one customer go on as part of another, as a preview showed it.

    Every row that can move goes on with the survivor; what happened stays where it is and is read
    with the survivor's. A repeat gives the merge that was made.

    :raises NotFound: if the actor may not see both
    :raises NotMergeable: if the two cannot be one customer
    :raises StaleVersion: if one of them changed since the preview
    :raises CustomerMerged: if one of them went on as part of another meanwhile
    """
    if known := merges.find_standing(survivor_id, merged_id, visible_to=by):
        return known
    merging = _prepare(survivor_id, merged_id, by=by, now=now)
    require_version(merging.survivor, expected=survivor_version, wanted={})
    require_version(merging.merged, expected=merged_version, wanted={})
    _run(merging)
    merge = Merge(
        id=new_id(),
        survivor_id=survivor_id,
        merged_id=merged_id,
        reason=reason,
        by_id=by.id,
        undo_until=_undo_until(now),
        created_at=now,
    )
    db.session.add(merge)
    db.session.flush()
    merging.journal.keep(merge.id)
    _note("customer.merged", merge, by=by, now=now)
    return merge


def preview_merge(survivor_id: str, *, merged_id: str, by: Actor, now: datetime) -> Preview:
    """Tell what a merge would do, by doing it and taking it back before anybody sees it.

    :raises NotFound: if the actor may not see both
    :raises NotMergeable: if the two cannot be one customer
    """
    merging = _prepare(survivor_id, merged_id, by=by, now=now)
    versions = (merging.survivor.version, merging.merged.version)
    _run(merging)
    tell_now()
    preview = _preview(merging, versions=versions)
    end_reading()
    return preview


def undo_merge(merge_id: str, *, reason: str, by: Actor, now: datetime) -> Merge:
    """Take a merge back: each row is again what it was, but for what people changed since.

    :raises NotFound: if there is no such merge, or the actor may not see its survivor
    :raises UndoTooLate: if its time is over
    :raises LaterMergeFirst: if another merge was laid upon it
    """
    merge = merges.get_merge(merge_id, visible_to=by)
    _lock((merge.survivor_id, merge.merged_id))
    db.session.refresh(merge, with_for_update=True)
    if merge.undone_at is not None:
        return merge
    if now > merge.undo_until:
        raise UndoTooLate(undo_until=merge.undo_until)
    if (later := merges.find_later(merge)) is not None:
        raise LaterMergeFirst(merge_id=later)
    merging = Merging(
        survivor=_read(merge.survivor_id),
        merged=_read(merge.merged_id),
        journal=Journal(),
        by=by,
        now=now,
        since=merge.created_at,
    )
    merge.undo(by_id=by.id, reason=reason, at=now)
    db.session.flush()
    _take_back(merge, merging)
    _note("customer.merge_undone", merge, by=by, now=now)
    return merge


def _prepare(survivor_id: str, merged_id: str, *, by: Actor, now: datetime) -> Merging:
    """Lock the two with all who are one person with them, and their numbers; look at them anew."""
    pair = (survivor_id, merged_id)
    if survivor_id == merged_id:
        raise NotMergeable("Name two different customers.")
    queries.require_visible(pair, visible_to=by)
    _lock(pair)
    survivor, merged = (queries.get_customer(one, visible_to=by) for one in pair)
    if survivor.kind is not merged.kind:
        raise NotMergeable("A person and an organisation are not one customer.")
    if by.role is Role.ACCOUNT_MANAGER and survivor.owner_id != merged.owner_id:
        raise NotMergeable("Two account managers look after them: ask your manager.")
    return Merging(survivor=survivor, merged=merged, journal=Journal(), by=by, now=now)


def _lock(pair: tuple[str, str]) -> None:
    """Lock the two, who is one person with them or follows their tier, and their numbers."""
    everybody = _touched(pair)
    numbers = {phone.number for one in pair for phone in queries.phones_of(one)}
    locks.lock_subjects(customer_ids=everybody, endpoints=numbers)
    db.session.expire_all()
    if not _touched(pair) <= everybody:
        raise Busy


def _touched(pair: tuple[str, str]) -> set[str]:
    same = {one for ids in queries.same_person_ids(pair).values() for one in ids}
    return same | set(queries.key_person_ids(*pair))


def _run(merging: Merging) -> None:
    _hand_over(merging)
    for rule in rules.first():
        rule.merge(merging)
    db.session.flush()
    move_rows(merged_id=merging.merged.id, survivor_id=merging.survivor.id, journal=merging.journal)
    db.session.expire_all()
    for rule in rules.last():
        rule.merge(merging)
    settle_tiers(merging)
    db.session.flush()


def _hand_over(merging: Merging) -> None:
    from_id, to_id = merging.merged.owner_id, merging.survivor.owner_id
    if from_id is not None and to_id is not None and from_id != to_id:
        hand_open_rows(
            merged_id=merging.merged.id, from_id=from_id, to_id=to_id, journal=merging.journal
        )


def _take_back(merge: Merge, merging: Merging) -> None:
    every = [*rules.first(), *rules.last()]
    stays: dict[str, set[str]] = {}
    for rule in every:
        for name, ids in (rule.stays(merging) if rule.stays else {}).items():
            stays.setdefault(name, set()).update(ids)
    put_back(merges.rows_backwards(merge.id), stays=stays)
    db.session.expire_all()
    for rule in every:
        if rule.after_undo is not None:
            rule.after_undo(merging)
    db.session.flush()


def _preview(merging: Merging, *, versions: tuple[int, int]) -> Preview:
    touched = Counter((row["table_name"], row["change"]) for row in merging.journal.rows)
    own = {"id": merging.survivor.id}
    filled = {
        name
        for row in merging.journal.rows
        if row["table_name"] == Customer.__tablename__ and row["key"] == own
        for name in row["after"]
    }
    return Preview(
        survivor_id=merging.survivor.id,
        merged_id=merging.merged.id,
        survivor_version=versions[0],
        merged_version=versions[1],
        filled=sorted(filled),
        touched=[
            Touched(table=table, change=change, rows=rows)
            for (table, change), rows in sorted(touched.items())
        ],
        undo_until=_undo_until(merging.now),
    )


def _undo_until(now: datetime) -> datetime:
    return now + timedelta(days=config.current().merge_undo_days)


def _read(customer_id: str) -> Customer:
    return db.session.get_one(Customer, customer_id, populate_existing=True)


def _note(action: str, merge: Merge, *, by: Actor, now: datetime) -> None:
    audit.record(
        action,
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=merge.survivor_id,
        details={"merge_id": merge.id, "merged_id": merge.merged_id},
    )
