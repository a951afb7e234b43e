"""The calendar's routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.calendars import schemas, service
from crm_api.calendars.errors import DayOutOfRange
from crm_api.kit import clock
from crm_api.kit.errors import Invalid, NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("calendars", __name__, description="Days, festivals and working time.")


@blueprint.get("/v1/calendar/days")
@requires(*Role)
@refuses(Invalid, DayOutOfRange)
@blueprint.arguments(schemas.DaysQuerySchema, location="query")
@blueprint.response(200, schemas.DaysSchema)
def list_days(payload: Payload) -> Payload:
    """Show days with their lunar date, festivals and working hours."""
    return {"items": service.describe_days(**payload)}


@blueprint.get("/v1/calendar/festivals")
@requires(*Role)
@blueprint.arguments(schemas.FestivalsQuerySchema, location="query")
@blueprint.response(200, schemas.FestivalsSchema)
def list_festivals(payload: Payload) -> Payload:
    """Show the festivals of a year."""
    return {"items": service.festivals_of_year(payload["year"], now=clock.now())}


@blueprint.get("/v1/calendar/arrangements/<int(min=1950, max=2099):year>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.KnownArrangementSchema)
def get_arrangement(*, year: int) -> Any:
    """Show the notice that was loaded for a year."""
    return service.get_arrangement(year)


@blueprint.put("/v1/calendar/arrangements/<int(min=1950, max=2099):year>")
@requires(Role.ADMIN)
@refuses(Invalid)
@blueprint.arguments(schemas.ArrangementSchema)
@blueprint.response(200, schemas.KnownArrangementSchema)
def set_arrangement(payload: Payload, *, year: int) -> Any:
    """Load the notice on a year's days off and make-up workdays."""
    return service.set_arrangement(year, **payload, by_id=current_actor().id, now=clock.now())


BLUEPRINTS = (blueprint,)
