"""The lock on subjects: taken first, all at once, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from crm_api.customers.models import SubjectLock
from crm_api.kit import held
from crm_api.kit.db import db
from crm_api.kit.engine import sqlite_begin
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CUSTOMER = "customer"
ENDPOINT = "endpoint"

# Subjects travel as one text: a parameter for each cost the client more than the locks.
_PAIRS = "SELECT pair->>0, pair->>1 FROM jsonb_array_elements(CAST(:wanted AS jsonb)) AS pair"
_MAKE = sa.text(f"INSERT INTO subject_locks (kind, subject_id) {_PAIRS} ON CONFLICT DO NOTHING")
_OF_KIND = (
    "SELECT ctid AS place FROM subject_locks WHERE kind = '{kind}' AND subject_id = ANY"
    " (ARRAY(SELECT jsonb_array_elements_text(CAST(:{kind}s AS jsonb))))"
)
# Rows are found once, a kind at a time, which goes through the index once and not for each of them;
# and locked where they were found: nobody changes a row, so that it stays.
_LOCK = sa.text(
    "WITH found AS MATERIALIZED"  # noqa: S608 - all here
    f" ({_OF_KIND.format(kind=CUSTOMER)} UNION ALL {_OF_KIND.format(kind=ENDPOINT)})"
    " SELECT count(*) FROM ("
    "SELECT FROM subject_locks WHERE ctid = ANY (ARRAY(SELECT place FROM found))"
    " AND (SELECT count(*) FROM found) = :number"
    ' ORDER BY kind COLLATE "C", subject_id COLLATE "C" FOR NO KEY UPDATE) AS locked'
)


class NotWriting(RuntimeError):
    """Locks were asked for in a transaction that only reads."""


def lock_subjects(*, customer_ids: Iterable[str] = (), endpoints: Iterable[str] = ()) -> bool:
    """Lock these customers and phone numbers until the transaction ends.

    All subjects of a request are locked by one call, because the order holds within a call only.
    A row that is missing is made first: a lock on a missing row would lock nothing. What was read
    before the call may be out of date; read it again. Returns whether that is so: not where
    everything was locked already.

    :raises NotWriting: if SQLite was asked for a reading transaction, whose locks hold nothing
    """
    wanted = [(CUSTOMER, one) for one in sorted(set(customer_ids))]
    wanted += [(ENDPOINT, one) for one in sorted(set(endpoints))]
    if not wanted or held.holds(wanted):
        return False
    if db.engine.dialect.name == "sqlite":
        _make_on_sqlite(wanted)
    elif not _lock(wanted):
        db.session.execute(_MAKE.bindparams(wanted=orjson.dumps(wanted).decode()))
        _lock(wanted)
    held.note_held(wanted)
    return True


def note_locked(*, customer_ids: Iterable[str], endpoints: Iterable[str]) -> None:
    """Note that a statement of `reaching` locked these, so that nobody does so again."""
    customers = [(CUSTOMER, one) for one in customer_ids]
    held.note_held(customers + [(ENDPOINT, one) for one in endpoints])


def are_held(customer_ids: Iterable[str]) -> bool:
    """Tell whether this transaction is known to have locked all of these customers."""
    return held.holds([(CUSTOMER, one) for one in customer_ids])


def _make_on_sqlite(wanted: Sequence[tuple[str, str]]) -> None:
    """Make the rows; there, a writing transaction is alone in the database."""
    if sqlite_begin.get() != "IMMEDIATE":
        msg = "Subjects can be locked in a writing transaction only."
        raise NotWriting(msg)
    rows = [{"kind": kind, "subject_id": subject_id} for kind, subject_id in wanted]
    db.session.execute(insert(SubjectLock.__table__).on_conflict_do_nothing(), rows)


def _lock(wanted: Sequence[tuple[str, str]]) -> bool:
    """Lock the rows in the order of their kinds and ids, if all are there; tell whether they were.

    To lock some, and then wait for who makes the others, would be to wait out of order.
    """
    given = {
        f"{kind}s": orjson.dumps([one for its, one in wanted if its == kind]).decode()
        for kind in (CUSTOMER, ENDPOINT)
    }
    return bool(db.session.scalar(_LOCK, {**given, "number": len(wanted)}))
