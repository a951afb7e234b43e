"""Let staff go: a route about staff that must know customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.errors import LastAdmin, StillOwnsCustomers
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.accounts.schemas.staff import StaffSchema
from crm_api.customers import service
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.accounts.models import Staff

blueprint = Blueprint("leavers", __name__, description="Staff who leave, and their portfolios.")


@blueprint.put("/v1/staff/<record_id:staff_id>/deactivation")
@requires(Role.ADMIN)
@refuses(NotFound, StillOwnsCustomers, LastAdmin)
@blueprint.response(200, StaffSchema)
def deactivate_staff(*, staff_id: str) -> Staff:
    """Let somebody go whose portfolio is handed over; all their devices are signed out."""
    return service.deactivate_staff(staff_id, by=current_actor(), now=clock.now())
