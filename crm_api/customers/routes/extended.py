"""`/v1/customers/{id}/extended-profile`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.customers import service
from crm_api.customers.provenance.values import Source
from crm_api.customers.routes.roles import READERS, WRITERS
from crm_api.customers.schemas.extended import (
    ExtendedProfileChangesSchema,
    ExtendedProfileSchema,
)
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.customers.models import ExtendedProfile
    from crm_api.kit.schemas import Payload

blueprint = Blueprint(
    "extended profiles", __name__, description="What makes the customer a person (扩展信息)."
)


@blueprint.get("/v1/customers/<record_id:customer_id>/extended-profile")
@requires(*READERS)
@refuses(NotFound)
@blueprint.response(200, ExtendedProfileSchema)
def get_extended_profile(*, customer_id: str) -> ExtendedProfile:
    """Read an extended profile."""
    return service.get_extended_profile(customer_id, visible_to=current_actor(), now=clock.now())


@blueprint.patch("/v1/customers/<record_id:customer_id>/extended-profile")
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.arguments(ExtendedProfileChangesSchema)
@blueprint.response(200, ExtendedProfileSchema)
def change_extended_profile(payload: Payload, *, customer_id: str) -> ExtendedProfile:
    """Note what was learnt of a customer."""
    source = Source(payload.pop("learned_by"))
    return service.change_extended_profile(
        customer_id,
        source=source,
        changes=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )
