"""Share the planning of a day: any number of processes, each a batch at a time.

For each cause of a day there is a round: all who are due and of whom nothing is written, cut into
ranges of their keys. A run joins the round that it finds under way, or opens the next one where
somebody is left: newcomers, and those who were refused, who are judged again. Who has a message is
in no later round.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from crm_api.care import queries
from crm_api.care.models import PlanBatch, PlanRefusal, PlanRound, PlanRun
from crm_api.care.service.planning import CHUNK, plan_people
from crm_api.kit.bulk import insert_rows
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from crm_api.care.values import Cause, Step, Tally

BATCH = 1000  # of a chunk, so that there is room for who comes in between
KEPT = timedelta(days=90)
RUNS = cast("sa.Table", PlanRun.__table__)


def start_run(first: date, *, days: int, worker: str, now: datetime) -> str:
    """Note that a process begins to plan; return the run's id. What is long past is forgotten."""
    for model in (PlanBatch, PlanRound, PlanRefusal):
        day = cast("sa.ColumnElement[date]", model.on_day)
        db.session.execute(sa.delete(model).where(day < first - KEPT))
    run = PlanRun(
        id=new_id(), created_at=now, worker=worker, first_on=first, days=days, ended_at=None
    )
    db.session.add(run)
    return run.id


def open_round(cause: Cause, *, run_id: str, now: datetime) -> None:
    """See to it that there is something to claim, if anybody is left for a cause.

    A round that was opened since this run began has been looked at by the others meanwhile.
    """
    found = queries.lock_round(cause, now=now)
    began = db.session.scalars(sa.select(PlanRun.created_at).filter_by(id=run_id)).one()
    if queries.is_batch_left(cause) or (found.number and found.opened_at > began):
        return
    cuts = queries.cut_keys(cause, size=BATCH)
    queries.drop_batches(cause)
    found.number, found.opened_at = found.number + 1, now
    db.session.flush()
    insert_rows(PlanBatch, _ranges(cause, cuts))


def _ranges(cause: Cause, cuts: Sequence[str]) -> list[dict[str, object]]:
    ends = itertools.pairwise([None, *cuts, None])
    own = {"on_day": cause.on, "cause": cause.key, "run_id": None, "done_at": None}
    return [
        {**own, "number": number, "after_key": after, "last_key": last}
        for number, (after, last) in enumerate(ends)
    ]


def plan_batch(
    cause: Cause, *, run_id: str, now: datetime, but_for: Collection[int] = ()
) -> Step | None:
    """Plan the next batch that nobody has in hand; None where none is left.

    Batch and messages commit together: what is marked as done is done, and the rest is another's.
    """
    batch = queries.claim_batch(cause, but_for=but_for)
    if batch is None:
        return None
    people = queries.open_people(cause, after=batch.after_key, until=batch.last_key, limit=CHUNK)
    step = plan_people(people, cause, now=now)
    if len(people) == CHUNK:  # more came in than there was room for: their turn is next
        batch.after_key = people[-1].key
    else:
        batch.run_id, batch.done_at = run_id, now
    return step


def note_progress(run_id: str, tally: Tally, *, ended_at: datetime | None = None) -> None:
    """Keep the numbers of a run so far."""
    numbers = {
        "due": tally.due,
        "already": tally.already,
        "planned": tally.planned,
        "segments": tally.segments,
        "blocked": {reason: count for reason, count in sorted(tally.blocked.items()) if count},
        "ended_at": ended_at,
    }
    db.session.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(numbers))
