"""Name staff, change them, help them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts import queries, service
from crm_api.accounts.errors import LastAdmin, LoginTaken, Outranked
from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.accounts.schemas.sign_in import ResetCodeSchema
from crm_api.accounts.schemas.staff import (
    NewStaffSchema,
    RolesSchema,
    StaffChangesSchema,
    StaffPageSchema,
    StaffQuerySchema,
    StaffSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import IdTaken, Invalid, NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.accounts.models import Staff
    from crm_api.accounts.service.passwords import ResetCode
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("staff", __name__, description="The people who sign in, and their roles.")


@blueprint.get("/v1/roles")
@requires(*Role)
@blueprint.response(200, RolesSchema)
def list_roles() -> Payload:
    """List the roles, and what each may do."""
    return {"items": queries.list_roles()}


@blueprint.get("/v1/staff")
@requires(Role.MANAGER, Role.ADMIN, Role.AUDITOR)
@blueprint.arguments(StaffQuerySchema, location="query")
@blueprint.response(200, StaffPageSchema)
def list_staff(query: Payload) -> Page:
    """List staff by name: all for administrators, their subtree for managers."""
    return queries.list_staff(visible_to=current_actor(), **query)


@blueprint.post("/v1/staff")
@requires(Role.ADMIN)
@refuses(IdTaken, LoginTaken, Invalid)
@blueprint.arguments(NewStaffSchema)
@blueprint.response(201, StaffSchema)
def create_staff(payload: Payload) -> Staff:
    """Name a member of staff."""
    return service.create_staff(by_id=current_actor().id, now=clock.now(), **payload)


@blueprint.get("/v1/staff/<record_id:staff_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, StaffSchema)
def show_staff(*, staff_id: str) -> Staff:
    """Show a member of staff."""
    return queries.get_staff(staff_id, visible_to=current_actor())


@blueprint.patch("/v1/staff/<record_id:staff_id>")
@requires(Role.ADMIN)
@refuses(NotFound, LastAdmin, Invalid, *UPDATES)
@blueprint.arguments(StaffChangesSchema)
@blueprint.response(200, StaffSchema)
def change_staff(payload: Payload, *, staff_id: str) -> Staff:
    """Change a member of staff's name, role or team."""
    return service.change_staff(
        staff_id,
        changes=payload,
        expected=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )


@blueprint.put("/v1/staff/<record_id:staff_id>/activation")
@requires(Role.ADMIN)
@refuses(NotFound)
@blueprint.response(200, StaffSchema)
def activate_staff(*, staff_id: str) -> Staff:
    """Let somebody come back who was deactivated."""
    return service.activate_staff(staff_id, by=current_actor(), now=clock.now())


@blueprint.post("/v1/staff/<record_id:staff_id>/reset-codes")
@requires(Role.ADMIN, Role.MANAGER)
@never_kept
@refuses(NotFound, Outranked)
@blueprint.response(201, ResetCodeSchema)
def issue_reset_code(*, staff_id: str) -> ResetCode:
    """Make a one-time code with which somebody sets a new password; shown once."""
    return service.issue_reset_code(staff_id, by=current_actor(), now=clock.now())


@blueprint.delete("/v1/staff/<record_id:staff_id>/sessions")
@requires(Role.ADMIN, Role.MANAGER)
@refuses(NotFound, Outranked)
@blueprint.response(204)
def sign_out_staff(*, staff_id: str) -> None:
    """Sign somebody out on all devices, as when a phone is lost."""
    service.sign_out_staff(staff_id, by=current_actor(), now=clock.now())
