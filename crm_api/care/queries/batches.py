"""The key ranges into which the people of a cause are cut, so that processes share them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.care.models import CareMessage, PlanBatch, PlanRefusal, PlanRound
from crm_api.care.queries.celebrants import NOTHING, people_of
from crm_api.customers.models import ExtendedProfile
from crm_api.customers.values import Reach
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from crm_api.care.values import Cause

IS_OPEN = sa.text("care_plan_batches.run_id IS NULL")


def open_people(
    cause: Cause, *, after: str | None, until: str | None = None, limit: int
) -> Sequence[Any]:
    """Return the next of those due whom nothing that we know stops, and nobody wrote to, by key.

    Each is asked about with an index look-up of its own: to join the day's messages would read
    them all for every few hundred people.
    """
    wanted = {"after": after, "until": until}
    given = {name: key for name, key in wanted.items() if key is not None}
    return db.session.execute(_page(cause, frozenset(given)), {**given, "most": limit}).all()


def seen_reach(people: Iterable[Any]) -> dict[str, Reach]:
    """Return whom greetings reach, of those who are nobody else as well: all that was read."""
    return {
        person.customer_id: Reach(phone=person.number, person_ids=(person.customer_id,))
        for person in people
        if person.person_id is None
    }


@lru_cache(maxsize=64)
def _page(cause: Cause, bounds: frozenset[str]) -> sa.Select[Any]:
    """Build the statement once for a cause: that took longer than its answer."""
    people = _open(cause)
    key = people.selected_columns["key"]
    if "after" in bounds:
        people = people.where(key > sa.bindparam("after"))
    if "until" in bounds:
        people = people.where(key <= sa.bindparam("until"))
    page = people.order_by(key).limit(sa.bindparam("most", type_=sa.Integer())).subquery()
    style = sa.select(ExtendedProfile.communication_style)
    style = style.where(ExtendedProfile.id == page.c.customer_id)
    return sa.select(*page.c, style.scalar_subquery().label("style")).order_by(page.c.key)


def cut_keys(cause: Cause, *, size: int) -> Sequence[str]:
    """Return every so many'th key of those whom nothing stops: where the batches meet."""
    people = _open(cause).subquery()
    place = sa.func.row_number().over(order_by=people.c.key)
    placed = sa.select(people.c.key, place.label("place")).subquery()
    cuts = sa.select(placed.c.key).where(placed.c.place % size == 0)
    return db.session.scalars(cuts.order_by(placed.c.key)).all()


def _open(cause: Cause) -> sa.Select[Any]:
    people = people_of(cause)
    columns = people.selected_columns
    message = sa.select(CareMessage.id).where(CareMessage.occurrence == columns["occurrence"])
    # Compared with nothing, not negated: PostgreSQL would make a join of NOT EXISTS.
    is_new = message.correlate_except(CareMessage).scalar_subquery().is_(None)
    return people.where(columns["obstacle"] == NOTHING, is_new)


def lock_round(cause: Cause, *, now: datetime) -> PlanRound:
    """Return the round of a cause, locked; a new one has the number 0."""
    first = insert(PlanRound).values(on_day=cause.on, cause=cause.key, number=0, opened_at=now)
    db.session.execute(first.on_conflict_do_nothing())
    statement = sa.select(PlanRound).filter_by(on_day=cause.on, cause=cause.key)
    locking = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(locking).one()


def is_batch_left(cause: Cause) -> bool:
    """Tell whether a batch of a cause is planned by nobody yet, or just now."""
    left = sa.exists().where(IS_OPEN, *_of(cause)).select_from(PlanBatch)
    return bool(db.session.scalar(sa.select(left)))


def claim_batch(cause: Cause, *, but_for: Collection[int] = ()) -> PlanBatch | None:
    """Lock the first batch that nobody plans, until the transaction ends.

    The lock is the lease: PostgreSQL gives it back when a process dies, or falls silent for half a
    minute. SQLite lets one process write at a time.
    """
    statement = (
        sa.select(PlanBatch)
        .where(IS_OPEN, *_of(cause), PlanBatch.number.not_in(but_for))
        .order_by(PlanBatch.number)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).one_or_none()


def drop_batches(cause: Cause) -> None:
    """Forget the batches of the round before."""
    db.session.execute(sa.delete(PlanBatch).where(*_of(cause)))


def _of(cause: Cause) -> tuple[sa.ColumnElement[bool], ...]:
    return PlanBatch.on_day == cause.on, PlanBatch.cause == cause.key


def refusals_of(occurrences: Iterable[str]) -> dict[str, tuple[str, date]]:
    """Return why these were refused before, as the digests of the reasons, and for which day."""
    known = sa.select(PlanRefusal.occurrence, PlanRefusal.reasons_digest, PlanRefusal.on_day)
    known = known.where(is_among(PlanRefusal.occurrence, occurrences))
    rows = db.session.execute(known)
    return {row.occurrence: (row.reasons_digest, row.on_day) for row in rows}
