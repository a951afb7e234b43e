"""What people must plan anew, each with why and with moments that would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crm_api.contact_frequency.policies import decide
from crm_api.contact_frequency.queries import frame_at, gather, lists
from crm_api.contact_frequency.queries.overrides import override_facts
from crm_api.contact_frequency.service.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.contact_frequency.models import Slot
    from crm_api.kit.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class PlanAgain:
    """A slot, and where it needs a new plan what speaks against it now and which moments do not."""

    slot: Slot
    new_plan: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        """Show the slot as it is shown everywhere."""
        return getattr(self.slot, name)


def list_reservations(
    customer_id: str | None,
    *,
    needs_new_plan: bool | None,
    visible_to: Actor,
    page: PageRequest,
    now: datetime,
) -> Page:
    """Return a customer's slots, or what needs a new plan in the whole portfolio, with advice.

    :raises NotFound: if the actor may not see the customer
    """
    if customer_id is not None and not needs_new_plan:
        found = lists.list_reservations(customer_id, visible_to=visible_to, page=page)
    else:
        found = lists.list_to_replan(customer_id=customer_id, visible_to=visible_to, page=page)
    marked = [slot for slot in found.items if slot.needs_new_plan]
    advice = _advise(marked, now=now)
    return replace(found, items=[PlanAgain(slot, advice.get(slot.id)) for slot in found.items])


def _advise(slots: Sequence[Slot], *, now: datetime) -> dict[str, dict[str, Any]]:
    """Judge plans as of now, at their own moments or, where those have passed, at this one."""
    if not slots:
        return {}
    own = plans_of(slots)
    plans = {slot_id: replace(plan, at=max(plan.at, now)) for slot_id, plan in own.items()}
    frame = frame_at(now)
    known = gather(list(plans.values()), frame=frame, now=now)
    overrides = override_facts(slots)
    return {
        slot_id: decide(
            plan,
            known.facts_for(plan, own_slot=slot_id, override=overrides.get(slot_id)),
            frame,
            now,
        ).document
        for slot_id, plan in plans.items()
    }
