"""Visits, from the plan to the record. What happened is taken, whatever became of the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from crm_api.contact_history.errors import WithdrawalPending
from crm_api.kit.errors import DomainError, IdTaken, Invalid, NotFound
from crm_api.sync.pushing import queries
from crm_api.sync.pushing.decoding import load
from crm_api.sync.pushing.errors import RecordUnfinished
from crm_api.sync.pushing.writers.shape import UNSAID, Writer
from crm_api.sync.pushing.writers.visits import closing, persons, telling
from crm_api.sync.pushing.writers.visits.lending import actor_at
from crm_api.visits import errors, service
from crm_api.visits.schemas.plans import LONGEST_VISIT, NewVisitSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_api.sync.pushing.values import Push, PushedRecord
    from crm_api.sync.pushing.writers.visits.telling import Told

PLANNED: Final = (
    "customer_id",
    "purpose",
    "category",
    "place",
    "starts_at",
    "ends_at",
    "tools",
)
HOUR: Final = timedelta(hours=1)


def _create(record: PushedRecord, push: Push) -> DomainError | None:
    told = telling.read(record, push, by=push.by)
    plan = load(NewVisitSchema, {"id": record.id, **_plan(told)})
    at = told.at("checked_in_at") if told.is_made else plan["starts_at"]
    by = push.lent[record.id] = actor_at(push, customer_id=plan["customer_id"], at=at)
    plan["persons"] = list(_planned_persons(record, push))
    service.keep_plan(plan, is_made=told.is_made, by=by, now=push.now)
    return telling.tell_steps(replace(told, by=by))


def _plan(told: Told) -> dict[str, Any]:
    """Return the plan; of a visit that was made, what is missing of it is filled in."""
    row = {name: told.row[name] for name in PLANNED if told.row.get(name) not in (None, "")}
    if told.is_made:
        row.setdefault("place", told.row.get("checked_in_place") or UNSAID)
        row.setdefault("starts_at", told.row["checked_in_at"])
        row["ends_at"] = _end(row["starts_at"], row.get("ends_at"))
    return {**row, "is_unannounced": bool(told.row.get("is_unannounced"))}


def _end(starts_at: str, ends_at: str | None) -> str:
    start = datetime.fromisoformat(starts_at)
    end = start if ends_at is None else datetime.fromisoformat(ends_at)
    return (end if start < end <= start + LONGEST_VISIT else start + HOUR).isoformat()


def _planned_persons(record: PushedRecord, push: Push) -> Iterator[dict[str, Any]]:
    """Take in whom the visit is to meet: the caps of those who are customers count as well.

    Whoever cannot be taken is refused by themselves when their turn comes.
    """
    for other in push.others("visit_persons", visit_id=record.id):
        try:
            person = persons.read_person(other, push)
        except Invalid:
            continue
        customer_id = person["customer_id"]
        if customer_id is None or queries.survivors([customer_id], visible_to=push.by):
            push.take_along(other)
            yield person


def _change(record: PushedRecord, push: Push) -> DomainError | None:
    told = telling.read(record, push, by=push.by)
    if told.visit().deleted_at is not None:
        raise errors.VisitDeleted
    if told.has_news("starts_at", "ends_at", "place"):
        telling.attempt(telling.move, told)
    return telling.tell_steps(told)


def _delete(record: PushedRecord, push: Push) -> None:
    service.delete_visit(record.id, by=push.by, now=push.now)


def _finish(record: PushedRecord, push: Push) -> None:
    closing.close(telling.read(record, push, by=push.actor_for(record.id)))


WRITER = Writer(
    create=_create,
    change=_change,
    delete=_delete,
    finish=_finish,
    refuses=(
        NotFound,
        IdTaken,
        Invalid,
        errors.VisitOutOfOrder,
        errors.StepTakenOtherwise,
        errors.VisitNotBooked,
        errors.NotDueYet,
        errors.VisitDeleted,
        errors.ObjectivesUnanswered,
        errors.NextStepMissing,
        RecordUnfinished,
        WithdrawalPending,
    ),
)
