"""What numbers have heard, or will, that is said once: asked only for plans that say such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.models.slots import SAID_ON_NUMBER
from crm_api.contact_frequency.terms import PLANNED_STATES
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.contact_frequency.values import Plan

# By number and by what is said: the contacts that say it, and whether each has begun.
Said = dict[tuple[str, str], dict[str, bool]]


def said_on_numbers(plans: Sequence[Plan]) -> Said:
    """Return who says on these plans' numbers already what they would say."""
    saying = [(p.endpoint, p.said_once) for p in plans if p.endpoint and p.said_once]
    if not saying:
        return {}
    statement = (
        sa.select(Slot.endpoint, Slot.said_once, Slot.id, Slot.state)
        .where(is_among(Slot.endpoint, sorted({str(number) for number, _ in saying})))
        .where(is_among(Slot.said_once, sorted({str(said) for _, said in saying})))
        .where(SAID_ON_NUMBER)
    )
    found: Said = {}
    for number, said, slot_id, state in db.session.execute(statement):
        has_begun = state not in PLANNED_STATES
        found.setdefault((str(number), str(said)), {})[slot_id] = has_begun
    return found
