"""Leave a trail of handovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.customers.handovers.models import Handover


def tell(action: str, handover: Handover, *, by_id: str, now: datetime) -> None:
    """Write down what was done with a handover."""
    audit.record(
        action,
        by_id=by_id,
        at=now,
        subject_kind="handover",
        subject_id=handover.id,
        details={
            "giver_id": handover.giver_id,
            "takes_effect_at": handover.takes_effect_at.isoformat(),
        },
    )
