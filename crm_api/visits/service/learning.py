"""What a visit taught us of the customer: into the profile, with who learned it, when, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.visits.models import LearnedFact, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def learn(
    visit: Visit,
    amendments: dict[str, Any],
    confirmed: Iterable[str],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Mend the profile and keep the provenance; a fact that still holds is confirmed."""
    for name in confirmed:
        db.session.add(
            LearnedFact(
                visit_id=visit.id,
                customer_id=visit.customer_id,
                by_id=by.id,
                field=name,
                before=None,
                after=None,
                created_at=now,
            )
        )
