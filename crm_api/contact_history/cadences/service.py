"""Change the rhythm of a tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.audit import service as audit
from crm_api.contact_history.cadences import queries
from crm_api.contact_history.cadences.models import ContactCadence
from crm_api.contact_history.cadences.policies import DEFAULTS, Cadence
from crm_api.kit.db import db
from crm_api.kit.errors import StaleVersion
from crm_api.kit.upserts import insert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.terms import Tier


def list_cadences() -> Sequence[Cadence]:
    """Return the cadences in force, lowest tier first."""
    return list(queries.cadences().values())


def set_cadence(
    tier: Tier, *, days: dict[str, int], expected_version: int, by: Actor, now: datetime
) -> Cadence:
    """Set how often customers of a tier should hear from us; from now on, all is graded by it.

    :raises StaleVersion: if somebody changed it since it was read
    """
    _ensure_row(tier)
    row = queries.find_locked(tier)
    assert row is not None  # noqa: S101 - just made, and never deleted
    before = queries.cadence_of(row)
    if row.version != expected_version:
        differs = sorted(name for name, value in days.items() if getattr(row, name) != value)
        raise StaleVersion(current_version=row.version, differs=differs)
    for name, value in days.items():
        setattr(row, name, value)
    row.version += 1
    db.session.flush()
    audit.record(
        "contact_cadence.changed",
        by_id=by.id,
        at=now,
        subject_kind="contact_cadence",
        subject_id=tier,
        details={"before": _told(before), "after": days},
    )
    return queries.cadence_of(row)


def _ensure_row(tier: Tier) -> None:
    """Store the default as version 0, so that two who change it at once meet on one row."""
    content = {"tier": tier, "version": 0, **_told(DEFAULTS[tier])}
    db.session.execute(insert(ContactCadence).values(content).on_conflict_do_nothing())


def _told(cadence: Cadence) -> dict[str, int]:
    return {name: getattr(cadence, name) for name in ("min_days", "target_days", "max_days")}
