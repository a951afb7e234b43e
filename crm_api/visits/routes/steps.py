"""The steps of a visit. Each is a fact to put: repeated alike, it answers alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.contact_frequency.errors import (
    OVERRIDE_UNUSABLE,
    ContactBlocked,
)
from crm_api.customers.errors import BirthdayKnown
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, NotFound, StaleVersion
from crm_api.kit.routing import Blueprint, given_version, refuses
from crm_api.visits import service
from crm_api.visits.errors import (
    NextStepMissing,
    NotDueYet,
    ObjectivesUnanswered,
    StepTakenOtherwise,
    VisitNotBooked,
    VisitOutOfOrder,
)
from crm_api.visits.routes.visits import WRITERS
from crm_api.visits.schemas.plans import (
    VisitAbsenceSchema,
    VisitCancellationSchema,
    VisitConfirmationSchema,
    VisitScheduleSchema,
)
from crm_api.visits.schemas.presence import CheckInSchema, CheckOutSchema
from crm_api.visits.schemas.records import NewVisitRecordSchema
from crm_api.visits.schemas.visits import VisitSchema

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload
    from crm_api.visits.models import Visit

STEPS = (NotFound, StaleVersion, VisitOutOfOrder, StepTakenOtherwise)

blueprint = Blueprint(
    "visit steps",
    __name__,
    description="What becomes of a visit. `If-Match` is compared where it is sent.",
)


def _step() -> dict[str, Any]:
    """Return who takes the step, when, and from which version."""
    return {"by": current_actor(), "now": clock.now(), "expected": given_version()}


@blueprint.put("/v1/visits/<record_id:visit_id>/confirmation")
@requires(*WRITERS)
@refuses(*STEPS, VisitNotBooked)
@blueprint.arguments(VisitConfirmationSchema)
@blueprint.response(200, VisitSchema)
def confirm_visit(payload: Payload, *, visit_id: str) -> Visit:
    """Note that the customer agreed to the time."""
    return service.confirm_visit(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/schedule")
@requires(*WRITERS)
@refuses(*STEPS, ContactBlocked, *OVERRIDE_UNUSABLE)
@blueprint.arguments(VisitScheduleSchema)
@blueprint.response(200, VisitSchema)
def move_visit(payload: Payload, *, visit_id: str) -> Visit:
    """Move a visit; where the new time is refused, the old one stays."""
    return service.move_visit(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/cancellation")
@requires(*WRITERS)
@refuses(*STEPS)
@blueprint.arguments(VisitCancellationSchema)
@blueprint.response(200, VisitSchema)
def cancel_visit(payload: Payload, *, visit_id: str) -> Visit:
    """Call a visit off and give its slot back."""
    return service.cancel_visit(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/absence")
@requires(*WRITERS)
@refuses(*STEPS, NotDueYet)
@blueprint.arguments(VisitAbsenceSchema)
@blueprint.response(200, VisitSchema)
def miss_visit(payload: Payload, *, visit_id: str) -> Visit:
    """Note that the customer, or one of us, was not there."""
    return service.miss_visit(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/check-in")
@requires(*WRITERS)
@refuses(*STEPS)
@blueprint.arguments(CheckInSchema)
@blueprint.response(200, VisitSchema)
def check_in(payload: Payload, *, visit_id: str) -> Visit:
    """Check in at the customer's; never refused for a cap, but warned of and graded."""
    return service.check_in(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/check-out")
@requires(*WRITERS)
@refuses(*STEPS)
@blueprint.arguments(CheckOutSchema)
@blueprint.response(200, VisitSchema)
def check_out(payload: Payload, *, visit_id: str) -> Visit:
    """Check out; the visit becomes a contact in the customer's history."""
    return service.check_out(visit_id, payload, **_step())


@blueprint.put("/v1/visits/<record_id:visit_id>/record")
@requires(*WRITERS)
@refuses(*STEPS, ObjectivesUnanswered, NextStepMissing, ContactBlocked, IdTaken, BirthdayKnown)
@refuses(*OVERRIDE_UNUSABLE)
@blueprint.arguments(NewVisitRecordSchema)
@blueprint.response(200, VisitSchema)
def record_visit(payload: Payload, *, visit_id: str) -> Visit:
    """Record a visit and close it, with all that follows from it."""
    return service.record_visit(visit_id, payload, **_step())
