"""Keep what makes the customer a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import locks, queries
from crm_api.customers.models import ExtendedProfile
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.values import BY_HAND
from crm_api.kit import runs
from crm_api.kit.db import db
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.provenance.values import Source


def get_extended_profile(customer_id: str, *, visible_to: Actor, now: datetime) -> ExtendedProfile:
    """Return what is known of a customer beyond the account; version 0 where nothing was noted.

    :raises NotFound: if the actor may not see the customer
    """
    queries.get_customer(customer_id, visible_to=visible_to)
    return queries.find_extended_profile(customer_id) or _blank(customer_id, now=now)


def change_extended_profile(
    customer_id: str,
    *,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
    source: Source = BY_HAND,
) -> ExtendedProfile:
    """Note what was learnt of a customer.

    :raises NotFound: if the actor may not see the customer
    :raises StaleVersion: if somebody changed it since it was read
    """
    locks.lock_subjects(customer_ids=[customer_id])
    profile = get_extended_profile(customer_id, visible_to=by, now=now)
    require_version(profile, expected=expected_version, wanted=changes)
    for name, value in changes.items():
        setattr(profile, name, value)
    db.session.add(profile)
    provenance.note_learned(customer_id, changes, source=source, by_id=by.id, now=now)
    runs.flush()
    return profile


def _blank(customer_id: str, *, now: datetime) -> ExtendedProfile:
    return ExtendedProfile(
        id=customer_id,
        version=0,
        interests=[],
        traits=[],
        small_requests=[],
        remarks="",
        communication_style=None,
        preferred_channel=None,
        preferred_from=None,
        preferred_until=None,
        employer="",
        title="",
        created_at=now,
    )
