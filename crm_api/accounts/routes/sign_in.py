"""Sign in, go on, and out; passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api import config
from crm_api.accounts import queries, service
from crm_api.accounts.errors import (
    DeviceRevoked,
    RefreshRefused,
    RefreshTokenMisused,
    ResetRefused,
    SignInFailed,
    SignInLocked,
    WeakPassword,
    WrongPassword,
)
from crm_api.accounts.guards import anyone, current_actor, requires
from crm_api.accounts.models import Role
from crm_api.accounts.schemas.sign_in import (
    MeSchema,
    PasswordChangeSchema,
    RedemptionSchema,
    RefreshSchema,
    SessionPageSchema,
    SignedInSchema,
    SignInSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.limits import limited
from crm_api.kit.routing import Blueprint, refuses
from crm_api.kit.schemas import PageQuerySchema

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor
    from crm_api.accounts.service import SignedIn
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

blueprint = Blueprint("sign-in", __name__, description="Sessions on devices, and passwords.")
rarely = limited("sign_in", lambda: config.current().sign_ins_per_minute)


@blueprint.post("/v1/sign-ins")
@anyone
@rarely
@refuses(SignInFailed, SignInLocked)
@blueprint.arguments(SignInSchema)
@blueprint.response(201, SignedInSchema)
def sign_in(payload: Payload) -> SignedIn:
    """Sign in on a device, with login and password."""
    return service.sign_in(now=clock.now(), **payload)


@blueprint.post("/v1/token-refreshes")
@anyone
@refuses(DeviceRevoked, RefreshRefused, RefreshTokenMisused)
@blueprint.arguments(RefreshSchema)
@blueprint.response(201, SignedInSchema)
def refresh(payload: Payload) -> SignedIn:
    """Exchange a refresh token for the next one and a new access token."""
    return service.refresh(now=clock.now(), **payload)


@blueprint.get("/v1/me")
@requires(*Role)
@blueprint.response(200, MeSchema)
def show_me() -> Actor:
    """Show who is asking."""
    return current_actor()


@blueprint.get("/v1/sessions")
@requires(*Role)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, SessionPageSchema)
def list_sessions(query: Payload) -> Page:
    """List the devices on which the caller is signed in."""
    me = current_actor()
    return queries.list_sessions(me.id, current_id=me.session_id, now=clock.now(), **query)


@blueprint.delete("/v1/sessions/current")
@requires(*Role)
@blueprint.response(204)
def sign_out() -> None:
    """Sign out on this device."""
    service.sign_out(current_actor().session_id, by=current_actor(), now=clock.now())


@blueprint.delete("/v1/sessions/<record_id:session_id>")
@requires(*Role)
@refuses(NotFound)
@blueprint.response(204)
def sign_out_session(*, session_id: str) -> None:
    """Sign out on one of the caller's devices."""
    service.sign_out(session_id, by=current_actor(), now=clock.now())


@blueprint.delete("/v1/sessions")
@requires(*Role)
@blueprint.response(204)
def sign_out_everywhere() -> None:
    """Sign out on all devices of the caller, this one included."""
    service.sign_out_everywhere(by=current_actor(), now=clock.now())


@blueprint.put("/v1/me/password")
@requires(*Role)
@rarely
@refuses(WrongPassword, WeakPassword, SignInLocked)
@blueprint.arguments(PasswordChangeSchema)
@blueprint.response(204)
def change_password(payload: Payload) -> None:
    """Change the caller's password; all other devices are signed out."""
    service.change_password(by=current_actor(), now=clock.now(), **payload)


@blueprint.post("/v1/password-resets")
@anyone
@rarely
@refuses(ResetRefused, WeakPassword, SignInLocked)
@blueprint.arguments(RedemptionSchema)
@blueprint.response(204)
def redeem_reset_code(payload: Payload) -> None:
    """Set a new password with a one-time code; all devices are signed out."""
    service.redeem_reset_code(now=clock.now(), **payload)
