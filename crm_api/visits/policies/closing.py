"""When a visit may close: every objective answered, and the customer not forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.visits.errors import NextStepMissing, ObjectivesUnanswered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def require_answers(objective_ids: Iterable[str], *, answered: Collection[str]) -> None:
    """Make sure that every objective has its outcome.

    :raises ObjectivesUnanswered: naming those that have none
    """
    open_ids = [objective_id for objective_id in objective_ids if objective_id not in answered]
    if open_ids:
        raise ObjectivesUnanswered(objective_ids=open_ids)


def require_next_step(
    next_touch: Mapping[str, Any] | None, leave_alone: Mapping[str, Any] | None
) -> None:
    """Make sure that the next touch is planned, or that leaving the customer alone is a decision.

    :raises NextStepMissing: if neither is said
    """
    if next_touch is None and leave_alone is None:
        raise NextStepMissing
