"""`/v1/customers/{id}/greeting-preferences`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.care.wishes import schemas, service
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.routing import UPDATES, Blueprint, expected_version, refuses

if TYPE_CHECKING:
    from crm_api.care.wishes.models import GreetingPreferences
    from crm_api.kit.schemas import Payload

WRITERS = (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.ADMIN)
PATH = "/v1/customers/<record_id:customer_id>/greeting-preferences"

blueprint = Blueprint(
    "greeting preferences", __name__, description="What a customer wants to be greeted for."
)
BLUEPRINTS = (blueprint,)


@blueprint.get(PATH)
@requires(*Role)
@refuses(NotFound)
@blueprint.response(200, schemas.PreferencesSchema)
def get_preferences(*, customer_id: str) -> GreetingPreferences:
    """Read what a customer wants to be greeted for."""
    return service.get_preferences(customer_id, visible_to=current_actor(), now=clock.now())


@blueprint.put(PATH)
@requires(*WRITERS)
@refuses(NotFound, *UPDATES)
@blueprint.arguments(schemas.NewPreferencesSchema)
@blueprint.response(200, schemas.PreferencesSchema)
def set_preferences(payload: Payload, *, customer_id: str) -> GreetingPreferences:
    """Note what a customer wants; what is planned otherwise is withdrawn at once."""
    return service.set_preferences(
        customer_id,
        content=payload,
        expected_version=expected_version(),
        by=current_actor(),
        now=clock.now(),
    )
