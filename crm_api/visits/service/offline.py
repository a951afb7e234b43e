"""What a phone tells afterwards: a plan is kept though the caps refuse it, a fact always stands.

The account manager acted on it already. What the online call would refuse before anything happened
is here judged, kept with its reasons, and shown.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from crm_api import config
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken, Invalid
from crm_api.visits import queries
from crm_api.visits.errors import VisitDeleted
from crm_api.visits.policies import closing, progress
from crm_api.visits.service import bookings, outlook, planning, recording, sequels, steps
from crm_api.visits.service.steps import hold_visit, take_step
from crm_api.visits.terms import Side, Step, VisitStatus

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import Visit


def keep_plan(content: dict[str, Any], *, is_made: bool, by: Actor, now: datetime) -> Visit:
    """Keep a visit that a phone planned, with its slot or with why it has none.

    One that was made meanwhile reserves nothing: its check-in is counted as a fact. An unannounced
    visit begins now; one that is yet to come is a plan, and judged like any other.

    :raises NotFound: if the actor may not see the customer, or somebody to be met
    :raises IdTaken: if the id belongs to another visit
    :raises Invalid: if it lies farther ahead than anybody plans
    """
    met = [content["customer_id"], *(p["customer_id"] for p in content["persons"])]
    wanted = [customer_id for customer_id in met if customer_id]
    queries.require_customers(wanted, visible_to=by)
    steps.lock_customers(wanted)
    customer = customers.get_customer(content["customer_id"], visible_to=by)
    _require_reach(content["starts_at"], now=now)
    if queries.find_customer(content["id"]) is not None:
        raise IdTaken
    owner_id = customer.owner_id or by.id
    if not is_made and progress.is_too_far_ahead(content["starts_at"], now=now):
        content = {**content, "is_unannounced": False}
    digest = steps.digest_of(content)
    visit = planning.visit_from(content, owner_id=owner_id, by=by, now=now, digest=digest)
    if not (is_made or visit.is_unannounced):
        bookings.book_or_keep(visit, by_id=by.id)
    db.session.add(visit)
    db.session.flush()
    return visit


def keep_move(
    visit_id: str, content: dict[str, Any], *, is_made: bool, by: Actor, now: datetime
) -> Visit:
    """Keep where a phone moved a visit to, with its slot or with why it has none there.

    :raises VisitOutOfOrder: if it began or ended already
    :raises Invalid: if it lies farther ahead than anybody plans
    """
    visit = hold_visit(visit_id, by=by)
    _require_reach(content["starts_at"], now=now)
    if take_step(visit, Step.MOVE, content, by=by, now=now, expected=None):
        visit.move(**content)
        if not is_made:
            bookings.book_or_keep(visit, by_id=by.id)
        db.session.flush()
    return visit


def _require_reach(starts_at: datetime, *, now: datetime) -> None:
    if starts_at > now + progress.FURTHEST:
        raise Invalid("/starts_at", f"Plan at most {progress.FURTHEST.days} days ahead.")


def reopen(visit_id: str, *, by: Actor) -> Visit:
    """Let a visit that somebody called off meanwhile be made: who was there was there.

    That the customer was out is a fact as well, and stands until somebody looks at both.

    :raises VisitDeleted: if it was deleted on a phone
    """
    visit = queries.get_visit_alone(visit_id, visible_to=by)
    if visit.status not in (VisitStatus.CANCELLED, VisitStatus.MISSED):
        return visit
    visit = hold_visit(visit_id, by=by)
    if visit.deleted_at is not None:
        raise VisitDeleted
    was_our_doing = visit.status is VisitStatus.MISSED and visit.absent is Side.US
    if visit.status is VisitStatus.CANCELLED or was_our_doing:
        visit.resume()
        db.session.flush()
    return visit


def keep_confirmation(
    visit_id: str, content: dict[str, Any], *, is_made: bool, at: datetime, by: Actor, now: datetime
) -> Visit:
    """Note that the customer agreed; of a visit that was made, whether or not it held a slot.

    :raises VisitNotBooked: if it is still to come, and holds no slot that could be promised
    """
    if not is_made:
        return outlook.confirm_visit(visit_id, content, by=by, now=now, at=at)
    visit = hold_visit(visit_id, by=by)
    if take_step(visit, Step.CONFIRM, content, by=by, now=now, expected=None):
        visit.confirm(by=content["by"], how=content["how"], at=at)
        db.session.flush()
    return visit


def close_visit(
    visit_id: str, content: dict[str, Any], *, at: datetime, by: Actor, now: datetime
) -> Visit:
    """Close a visit of which a phone told everything else before, row by row.

    :raises VisitOutOfOrder: if it has not ended
    :raises StepTakenOtherwise: if it was recorded with other content
    :raises ObjectivesUnanswered: unless each objective has its outcome
    :raises NextStepMissing: unless there is a next touch, or a decision to leave alone
    """
    visit = hold_visit(visit_id, by=by)
    if not take_step(visit, Step.RECORD, content, by=by, now=now, expected=None):
        return visit
    answered = [o.id for o in visit.objectives if o.outcome is not None]
    closing.require_answers([o.id for o in visit.objectives], answered=answered)
    next_touch = next((vars(t) for t in visit.follow_ups if t.is_next_touch), None)
    closing.require_next_step(next_touch, content["leave_alone"])
    bookings.count_unplanned(visit, now=now, by_id=by.id)
    visit.close(at=at)
    visit.record = recording.record_of(visit, content, by=by, now=now)
    _leave_alone(visit, content["leave_alone"], by=by, now=now)
    recording.complete_contact(visit, content, by=by, now=now)
    db.session.flush()
    return visit


def _leave_alone(visit: Visit, decided: dict[str, Any] | None, *, by: Actor, now: datetime) -> None:
    """Hold what is still to be held: told late, the day may be over."""
    if decided is None:
        return
    until = datetime.combine(decided["until"], time.min, tzinfo=config.current().zone)
    if until > now:
        sequels.decide_next(visit, {"next_touch": None, "leave_alone": decided}, by=by, now=now)


def delete_visit(visit_id: str, *, by: Actor, now: datetime) -> Visit:
    """Call a planned visit off because a phone deleted it: it leaves all phones for good.

    :raises VisitOutOfOrder: if somebody agreed to it, or it began: then it is called off in words
    """
    visit = hold_visit(visit_id, by=by)
    if visit.deleted_at is None:
        progress.require_order(Step.DELETE, visit.status)
        steps.note_step(visit, Step.DELETE, {}, by=by, now=now)
        bookings.give_back(visit, reason="deleted")
        visit.delete(at=now)
        db.session.flush()
    return visit
