"""From where on each tier begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.models import TierThreshold
from crm_api.customers.policies.tiers import DEFAULTS, Threshold
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_api.customers.terms import Tier


def tier_thresholds() -> Mapping[Tier, Threshold]:
    """Return the thresholds in force: the stored ones, and the default where a tier has none."""
    stored = {
        row.tier: Threshold(row.individual_fen, row.group_fen, row.group_lines)
        for row in db.session.scalars(sa.select(TierThreshold))
    }
    return {**DEFAULTS, **stored}
