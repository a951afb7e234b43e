"""`/v1/contact-cadences`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.contact_history.cadences import service
from crm_api.contact_history.cadences.schemas import (
    CadenceDaysSchema,
    CadenceListSchema,
    CadenceSchema,
)
from crm_api.customers.terms import Tier
from crm_api.kit import clock
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.contact_history.cadences.policies import Cadence
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "contact cadences", __name__, description="How often customers should hear from us, by tier."
)


@blueprint.get("/v1/contact-cadences")
@requires(*Role)
@refuses()
@blueprint.response(200, CadenceListSchema)
def list_cadences() -> dict[str, Any]:
    """List the cadences in force, one for each tier."""
    return {"items": service.list_cadences()}


@blueprint.put(f"/v1/contact-cadences/<any({','.join(Tier)}):tier>")
@requires(Role.ADMIN)
@refuses(*UPDATES)
@blueprint.arguments(CadenceDaysSchema)
@blueprint.response(200, CadenceSchema)
def set_cadence(payload: Payload, *, tier: str) -> Cadence:
    """Set how often customers of a tier should hear from us."""
    return service.set_cadence(
        Tier(tier),
        days=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )
