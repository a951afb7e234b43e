"""Reads of cadences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.contact_history.cadences.models import ContactCadence
from crm_api.contact_history.cadences.policies import DEFAULTS, Cadence
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_api.customers.terms import Tier


def cadences() -> Mapping[Tier, Cadence]:
    """Return the cadences in force, lowest tier first: what is stored, else the default."""
    stored = {row.tier: cadence_of(row) for row in db.session.scalars(sa.select(ContactCadence))}
    return {**DEFAULTS, **stored}


def cadence_of(row: ContactCadence) -> Cadence:
    """Return a stored cadence as the value that it is."""
    return Cadence(
        tier=row.tier,
        min_days=row.min_days,
        target_days=row.target_days,
        max_days=row.max_days,
        version=row.version,
    )


def find_locked(tier: Tier) -> ContactCadence | None:
    """Return what is stored for a tier, locked."""
    wanted = sa.select(ContactCadence).where(ContactCadence.tier == tier).with_for_update()
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
