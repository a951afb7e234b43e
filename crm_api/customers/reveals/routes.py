"""`/v1/customers/{id}/reveals`, and who had what revealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.accounts.guards import current_actor, requires
from crm_api.accounts.models import Role
from crm_api.customers.reveals import queries, service
from crm_api.customers.reveals.errors import NothingToReveal, RevealExpired, RevealQuotaSpent
from crm_api.customers.reveals.schemas import (
    NewRevealSchema,
    RevealItemPageSchema,
    RevealQuerySchema,
    RevealSchema,
)
from crm_api.customers.routes.roles import LEADERS, WRITERS
from crm_api.kit import clock
from crm_api.kit.errors import NotFound
from crm_api.kit.idempotency import never_kept
from crm_api.kit.routing import Blueprint, refuses

if TYPE_CHECKING:
    from crm_api.customers.reveals.service import Shown
    from crm_api.kit.paging import Page
    from crm_api.kit.schemas import Payload

PATH = "/v1/customers/<record_id:customer_id>/reveals"

blueprint = Blueprint("reveals", __name__, description="What is masked, and who had it shown.")


@blueprint.post(PATH)
@requires(*WRITERS)
@never_kept
@refuses(NotFound, NothingToReveal, RevealQuotaSpent)
@blueprint.arguments(NewRevealSchema)
@blueprint.response(200, RevealSchema)
def reveal(payload: Payload, *, customer_id: str) -> Shown:
    """Show a masked number in full for a while; who asked, when and why is kept."""
    return service.reveal(customer_id, **payload, by=current_actor(), now=clock.now())


@blueprint.get(f"{PATH}/<record_id:reveal_id>")
@requires(*WRITERS)
@refuses(NotFound, NothingToReveal, RevealExpired)
@blueprint.response(200, RevealSchema)
def read_again(*, customer_id: str, reveal_id: str) -> Shown:
    """Read again what you revealed, while its time runs."""
    return service.read_again(customer_id, reveal_id=reveal_id, by=current_actor(), now=clock.now())


@blueprint.get("/v1/reveals")
@requires(*LEADERS, Role.AUDITOR)
@blueprint.arguments(RevealQuerySchema, location="query")
@blueprint.response(200, RevealItemPageSchema)
def list_reveals(payload: Payload) -> Page:
    """List who had which numbers shown, and why, newest first."""
    return queries.fetch_reveals(visible_to=current_actor(), **payload)
