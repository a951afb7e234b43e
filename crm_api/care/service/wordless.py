"""Keep who gets no greeting for want of words: whoever writes templates must know it in time."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from crm_api.care.models import PlanRefusal
from crm_api.care.service.greetings import NOTHING_FRESH
from crm_api.kit.db import db
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.care.values import Cause

DIGEST = sha256(NOTHING_FRESH.encode()).hexdigest()


def note_wordless(cause: Cause, left_out: Sequence[tuple[Any, str]], *, now: datetime) -> None:
    """Note those to whom nothing fresh can be said, once however often it is tried."""
    rows = [
        {
            "occurrence": person.occurrence,
            "on_day": cause.on,
            "occasion": cause.occasion,
            "customer_id": person.customer_id,
            "reason": NOTHING_FRESH,
            "reasons_digest": DIGEST,
            "decision_id": None,
            "created_at": now,
        }
        for person, reason in sorted(left_out, key=lambda pair: pair[0].occurrence)
        if reason == NOTHING_FRESH
    ]
    if rows:
        statement = insert(PlanRefusal)
        changes = ("reason", "reasons_digest", "decision_id", "created_at")
        statement = statement.on_conflict_do_update(
            index_elements=[PlanRefusal.occurrence],
            set_={name: statement.excluded[name] for name in changes},
            where=PlanRefusal.reasons_digest != DIGEST,
        )
        db.session.connection().execute(statement, rows)
