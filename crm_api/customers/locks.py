"""The lock on subjects: taken first, all at once, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import SubjectLock
from crm_api.kit.db import db
from crm_api.kit.engine import sqlite_begin
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

CUSTOMER = "customer"
ENDPOINT = "endpoint"
CHUNK = 400


class NotWriting(RuntimeError):
    """Locks were asked for in a transaction that only reads."""


def lock_subjects(*, customer_ids: Iterable[str] = (), endpoints: Iterable[str] = ()) -> None:
    """Lock these customers and phone numbers until the transaction ends.

    All subjects of a request are locked by one call, because the order holds within a call only.
    A row that is missing is made first: a lock on a missing row would lock nothing. What was read
    before the call may be out of date; read it again.

    :raises NotWriting: if SQLite was asked for a reading transaction, whose locks hold nothing
    """
    subjects = sorted(
        {(CUSTOMER, c) for c in customer_ids} | {(ENDPOINT, number) for number in endpoints}
    )
    on_sqlite = db.engine.dialect.name == "sqlite"
    if on_sqlite and sqlite_begin.get() != "IMMEDIATE":
        msg = "Subjects can be locked in a writing transaction only."
        raise NotWriting(msg)
    for start in range(0, len(subjects), CHUNK):
        _make_sure(subjects[start : start + CHUNK])
    if not on_sqlite:  # there, the writing transaction is alone in the database
        for start in range(0, len(subjects), CHUNK):
            _lock(subjects[start : start + CHUNK])


def _make_sure(subjects: list[tuple[str, str]]) -> None:
    rows = [{"kind": kind, "subject_id": subject_id} for kind, subject_id in subjects]
    db.session.execute(insert(SubjectLock).values(rows).on_conflict_do_nothing())


def _lock(subjects: list[tuple[str, str]]) -> None:
    kind, subject_id = SubjectLock.kind, SubjectLock.subject_id
    statement = (
        sa.select(kind, subject_id)
        .where(sa.tuple_(kind, subject_id).in_(subjects))
        .order_by(sa.collate(kind, "C"), sa.collate(subject_id, "C"))
        .with_for_update(key_share=True)
    )
    db.session.execute(statement).all()
