"""The lock on subjects: taken first, all at once, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import SubjectLock
from crm_api.kit.bulk import array_of
from crm_api.kit.db import db
from crm_api.kit.engine import sqlite_begin
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

CUSTOMER = "customer"
ENDPOINT = "endpoint"


class NotWriting(RuntimeError):
    """Locks were asked for in a transaction that only reads."""


def lock_subjects(*, customer_ids: Iterable[str] = (), endpoints: Iterable[str] = ()) -> None:
    """Lock these customers and phone numbers until the transaction ends.

    All subjects of a request are locked by one call, because the order holds within a call only.
    A row that is missing is made first: a lock on a missing row would lock nothing. What was read
    before the call may be out of date; read it again.

    :raises NotWriting: if SQLite was asked for a reading transaction, whose locks hold nothing
    """
    wanted = ((CUSTOMER, sorted(set(customer_ids))), (ENDPOINT, sorted(set(endpoints))))
    on_sqlite = db.engine.dialect.name == "sqlite"
    if on_sqlite and sqlite_begin.get() != "IMMEDIATE":
        msg = "Subjects can be locked in a writing transaction only."
        raise NotWriting(msg)
    for kind, ids in wanted:
        if ids and on_sqlite:  # there, the writing transaction is alone in the database
            rows = [{"kind": kind, "subject_id": subject_id} for subject_id in ids]
            db.session.execute(insert(SubjectLock.__table__).on_conflict_do_nothing(), rows)
        elif ids:
            _lock(kind, ids)


def _lock(kind: str, ids: list[str]) -> None:
    """Make sure of the rows of one kind, then lock them in the order of their ids.

    The ids travel as one array: a parameter for each cost the client more than the locks.
    """
    given = array_of(ids)
    missing = sa.select(sa.literal(kind), sa.func.unnest(given))
    db.session.execute(
        insert(SubjectLock)
        .from_select([SubjectLock.kind, SubjectLock.subject_id], missing)
        .on_conflict_do_nothing()
    )
    statement = (
        sa.select(SubjectLock.subject_id)
        .where(SubjectLock.kind == kind, SubjectLock.subject_id == sa.any_(given))
        .order_by(sa.collate(SubjectLock.subject_id, "C"))
        .with_for_update(key_share=True)
    )
    db.session.execute(statement).all()
