"""Show handovers with how far they have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers.handovers import queries
from crm_api.customers.handovers.terms import Outcome
from crm_api.kit.paging import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.accounts.actors import Actor
    from crm_api.customers.handovers.models import Handover

SHOWN = (
    "id",
    "version",
    "giver_id",
    "takes_effect_at",
    "reason",
    "by_id",
    "state",
    "created_at",
    "begun_at",
    "done_at",
    "undo_until",
    "stopped_at",
    "stopped_by_id",
    "stop_reason",
)


def show_handover(handover_id: str, *, visible_to: Actor) -> dict[str, Any]:
    """Return a handover and its progress.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return show(queries.get_handover(handover_id, visible_to=visible_to))


def show_handovers(*, visible_to: Actor, **wanted: Any) -> Page:
    """Return a page of handovers and their progress, newest first."""
    found = queries.list_handovers(visible_to=visible_to, **wanted)
    return Page(_shown(found.items), found.next_cursor)


def show(handover: Handover) -> dict[str, Any]:
    """Return a handover as the API shows it."""
    return _shown([handover])[0]


def _shown(handovers: Sequence[Handover]) -> list[dict[str, Any]]:
    ids = [handover.id for handover in handovers]
    shares, outcomes = queries.shares_of(ids), queries.count_outcomes(ids)
    return [
        {name: getattr(handover, name) for name in SHOWN}
        | {
            "shares": shares[handover.id],
            "customers": dict.fromkeys(Outcome, 0) | outcomes.get(handover.id, {}),
        }
        for handover in handovers
    ]
