"""What a visit is to achieve, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.sync.pushing.decoding import decode, load, naming
from crm_api.sync.pushing.errors import VisitPending
from crm_api.sync.pushing.writers.shape import Writer
from crm_api.visits import service
from crm_api.visits.errors import TooManyParts, VisitClosed
from crm_api.visits.schemas.plans import NewVisitObjectiveSchema
from crm_api.visits.schemas.records import ObjectiveAnswerSchema

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.sync.pushing.values import Push, PushedRecord

ANSWER = ("outcome", "outcome_note")


def _create(record: PushedRecord, push: Push) -> None:
    told = decode(record, push)
    visit_id = str(told.get("visit_id", ""))
    by = push.actor_for(visit_id)
    content = load(NewVisitObjectiveSchema, {"id": record.id, "text": told.get("text")})
    service.add_objective(
        visit_id, objective_id=record.id, text=content["text"], by=by, now=push.now
    )
    _answer(record, push, by=by)


def _change(record: PushedRecord, push: Push) -> None:
    _answer(record, push, by=push.by)


def _answer(record: PushedRecord, push: Push, *, by: Actor) -> None:
    told = decode(record, push, names=ANSWER)
    if told.get("outcome") is None:
        if told.get("outcome_note"):
            raise Invalid("/outcome", "Say what became of it.")
        answer = dict.fromkeys(ANSWER)
    else:
        note = told.get("outcome_note") or ""
        asked = {"id": record.id, "outcome": told["outcome"], "note": note}
        with naming(note="outcome_note"):
            given = load(ObjectiveAnswerSchema, asked)
        answer = {"outcome": given["outcome"], "outcome_note": given["note"]}
    service.answer_objective(record.id, answer, by=by)


WRITER = Writer(
    create=_create,
    change=_change,
    refuses=(NotFound, VisitPending, VisitClosed, IdTaken, TooManyParts, Invalid),
)
