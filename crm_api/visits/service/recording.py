"""Close a visit: what was found, what was learnt, what comes next. All of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.contact_history import service as contact_history
from crm_api.kit.db import db
from crm_api.visits import queries
from crm_api.visits.models import VisitRecord
from crm_api.visits.offers import service as offers
from crm_api.visits.policies import closing
from crm_api.visits.service import bookings, colleagues, learning, persons, sequels
from crm_api.visits.service.steps import hold_visit, take_step
from crm_api.visits.terms import Step

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


RETROSPECTIVE = ("went_well", "went_badly", "next_time")


def record_visit(
    visit_id: str, content: dict[str, Any], *, by: Actor, now: datetime, expected: int | None
) -> Visit:
    """Record a visit and close it.

    Profile, promises, follow-ups with their slots, the next touch or the decision to leave the
    customer alone are written together, so that no part of it is ever missing.

    :raises ObjectivesUnanswered: unless each objective has its outcome
    :raises NextStepMissing: unless it is said what comes next
    :raises ContactBlocked: if the caps do not allow a follow-up, with the next free moment
    """
    met_ids = persons.require_met(content["persons_met"], visible_to=by)
    visit = hold_visit(visit_id, by=by, also=met_ids)
    if not take_step(visit, Step.RECORD, content, by=by, now=now, expected=expected):
        return visit
    closing.require_next_step(content["next_touch"], content["leave_alone"])
    sequels.require_times(content, now=now)
    _answer_objectives(visit, content["objectives"])
    colleagues.say_who_came(visit, content["colleagues_present"])
    for customer_id in persons.note_met(visit, content["persons_met"], now=now):
        bookings.count_met(visit, customer_id, now=now, by_id=by.id)
    visit.close(at=now)
    visit.record = record_of(visit, content, by=by, now=now)
    learning.learn(visit, content, by=by, now=now)
    offers.note_of_visit(visit, content, by=by, now=now)
    sequels.promise(visit, content["promises"], by=by, now=now)
    sequels.follow_up(visit, content["follow_ups"], by=by, now=now)
    sequels.decide_next(visit, content, by=by, now=now)
    complete_contact(visit, content, by=by, now=now)
    db.session.flush()
    return visit


def _answer_objectives(visit: Visit, answers: list[dict[str, Any]]) -> None:
    outcomes = {answer["id"]: answer for answer in answers}
    known = {objective.id: objective for objective in visit.objectives}
    closing.require_answers(known, answered=outcomes)
    for objective_id, objective in known.items():
        objective.outcome = outcomes[objective_id]["outcome"]
        objective.outcome_note = outcomes[objective_id]["note"]


def record_of(visit: Visit, content: dict[str, Any], *, by: Actor, now: datetime) -> VisitRecord:
    """Return what is written of a visit, once."""
    is_shared = content["share_retrospective"] and any(content[name] for name in RETROSPECTIVE)
    alone = content["leave_alone"] or {"until": None, "reason": None}
    return VisitRecord(
        visit_id=visit.id,
        by_id=by.id,
        created_at=now,
        sections={name: text for name, text in content["sections"].items() if text},
        went_well=content["went_well"],
        went_badly=content["went_badly"],
        next_time=content["next_time"],
        shared_at=now if is_shared else None,
        shared_by_id=by.id if is_shared else None,
        leave_alone_until=alone["until"],
        leave_alone_reason=alone["reason"],
    )


def complete_contact(visit: Visit, content: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Say in the history what the stub of the check-out left open.

    Where somebody corrected the stub meanwhile, the correction is corrected; where a manager
    withdrew it, nothing is left to complete.
    """
    contact = queries.find_standing_contact(visit)
    if contact is None:
        return
    contact_history.correct_contact(
        contact.id,
        reason="The visit was recorded.",
        summary=content["summary"],
        with_whom=persons.names_met(visit),
        by=by,
        now=now,
    )
