"""What a phone adds to a visit row by row: objectives and their outcomes, who was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.visits import queries
from crm_api.visits.errors import TooManyParts, VisitClosed
from crm_api.visits.models import VisitObjective, VisitPerson
from crm_api.visits.policies.progress import UNCLOSED
from crm_api.visits.service.steps import hold_visit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit

MOST_PARTS = 100  # of a kind


def add_objective(
    visit_id: str, *, objective_id: str, text: str, by: Actor, now: datetime
) -> VisitObjective:
    """Add something that a visit is to achieve.

    :raises NotFound: if the actor may not see the visit
    :raises VisitClosed: if the visit is over and done with
    :raises IdTaken: if the id belongs to another objective
    :raises TooManyParts: if it has as many as anybody can look at
    """
    visit = _hold_open(visit_id, by=by)
    if queries.are_objectives_taken([objective_id]):
        raise IdTaken
    objective = VisitObjective(
        id=objective_id, position=_next_place(visit.objectives), text=text, created_at=now
    )
    visit.objectives.append(objective)
    db.session.flush()
    return objective


def answer_objective(objective_id: str, answer: dict[str, Any], *, by: Actor) -> VisitObjective:
    """Say what became of an objective; until the visit is recorded, it may be said otherwise.

    :raises NotFound: if there is none, or none that the actor may see
    :raises VisitClosed: if the visit is over and done with
    """
    objective = queries.get_part(VisitObjective, objective_id, visible_to=by)
    _tell(objective, answer, by=by)
    return objective


def add_person(visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime) -> VisitPerson:
    """Add somebody whom nobody planned to meet; they count once the visit is recorded.

    :raises NotFound: if the actor may not see the visit, or the person as a customer
    :raises VisitClosed: if the visit is over and done with
    :raises IdTaken: if the id belongs to another person
    :raises TooManyParts: if it has as many as anybody can look at
    """
    if content["customer_id"]:
        queries.require_customers([content["customer_id"]], visible_to=by)
    visit = _hold_open(visit_id, by=by)
    if db.session.get(VisitPerson, content["id"]) is not None:
        raise IdTaken
    person = VisitPerson(
        position=_next_place(visit.persons), is_planned=False, created_at=now, **content
    )
    visit.persons.append(person)
    db.session.flush()
    return person


def note_presence(person_id: str, *, was_met: bool | None, by: Actor) -> VisitPerson:
    """Say whether somebody was there.

    :raises NotFound: if there is none, or none that the actor may see
    :raises VisitClosed: if the visit is over and done with
    """
    person = queries.get_part(VisitPerson, person_id, visible_to=by)
    _tell(person, {"was_met": was_met}, by=by)
    return person


def _tell(part: VisitObjective | VisitPerson, told: dict[str, Any], *, by: Actor) -> None:
    if all(getattr(part, name) == value for name, value in told.items()):
        return
    _hold_open(part.visit_id, by=by)
    for name, value in told.items():
        setattr(part, name, value)
    db.session.flush()


def _hold_open(visit_id: str, *, by: Actor) -> Visit:
    visit = hold_visit(visit_id, by=by)
    if visit.status not in UNCLOSED:
        raise VisitClosed
    return visit


def _next_place(parts: Sequence[VisitObjective | VisitPerson]) -> int:
    if len(parts) >= MOST_PARTS:
        raise TooManyParts(most=MOST_PARTS)
    return max((part.position for part in parts), default=0) + 1
