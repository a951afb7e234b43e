"""What a visit taught us of the customer: into the profile, with who learned it, when, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from crm_api.customers import queries as customers
from crm_api.customers import service as profiles
from crm_api.customers.provenance.terms import Origin
from crm_api.customers.provenance.values import Source
from crm_api.kit.db import db
from crm_api.visits.models import LearnedFact, Visit
from crm_api.visits.policies.learning import ANNIVERSARY, LIFE_EVENT, OF_THE_CORE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def learn(visit: Visit, content: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Mend the profile and keep the provenance; a fact that holds still is confirmed."""
    amendments = content["amendments"]
    core = {name: value for name, value in amendments.items() if name in OF_THE_CORE}
    rest = {name: value for name, value in amendments.items() if name not in OF_THE_CORE}
    learned = [
        *_mend_core(visit, core, by=by, now=now),
        *_mend_extended(visit, rest, by=by, now=now),
        *_note_days(visit, content["anniversaries"], by=by, now=now),
        *_note_events(visit, content["life_events"], by=by, now=now),
        *_confirm(visit, content["confirmed_facts"], by=by, now=now),
    ]
    db.session.add_all(
        LearnedFact(
            visit_id=visit.id,
            customer_id=visit.customer_id,
            by_id=by.id,
            field=name,
            before=as_json(before),
            after=as_json(after),
            record_id=record_id,
            created_at=now,
        )
        for name, before, after, record_id in learned
    )


Learned = list[tuple[str, Any, Any, str | None]]


def _mend_core(visit: Visit, changes: dict[str, Any], *, by: Actor, now: datetime) -> Learned:
    if not changes:
        return []
    customer = customers.get_customer(visit.customer_id, visible_to=by)
    learned: Learned = [
        (name, getattr(customer, name), value, None) for name, value in changes.items()
    ]
    profiles.change_customer(
        customer.id,
        changes=changes,
        expected_version=customer.version,
        by=by,
        now=now,
        source=Source(Origin.VISIT, visit.id),
    )
    return learned


def _mend_extended(visit: Visit, changes: dict[str, Any], *, by: Actor, now: datetime) -> Learned:
    if not changes:
        return []
    profile = profiles.get_extended_profile(visit.customer_id, visible_to=by, now=now)
    learned: Learned = [
        (name, getattr(profile, name), value, None) for name, value in changes.items()
    ]
    profiles.change_extended_profile(
        visit.customer_id,
        changes=changes,
        expected_version=profile.version,
        by=by,
        now=now,
        source=Source(Origin.VISIT, visit.id),
    )
    return learned


def _note_days(
    visit: Visit, days: Iterable[dict[str, Any]], *, by: Actor, now: datetime
) -> Learned:
    learned: Learned = []
    for day in days:
        kept = profiles.add_anniversary(
            visit.customer_id,
            content=dict(day),
            by=by,
            now=now,
            source=Source(Origin.VISIT, visit.id),
        )
        learned.append((f"{ANNIVERSARY}:{day['kind']}", None, day, kept.id))
    return learned


def _note_events(
    visit: Visit, events: Iterable[dict[str, Any]], *, by: Actor, now: datetime
) -> Learned:
    learned: Learned = []
    for event in events:
        kept = profiles.note_life_event(
            visit.customer_id, content=dict(event), by=by, now=now, visit_id=visit.id
        )
        learned.append((f"{LIFE_EVENT}:{event['kind']}", None, event, kept.id))
    return learned


def _confirm(visit: Visit, names: Iterable[str], *, by: Actor, now: datetime) -> Learned:
    if not names:
        return []
    customer = customers.get_customer(visit.customer_id, visible_to=by)
    profile = profiles.get_extended_profile(visit.customer_id, visible_to=by, now=now)
    held = {name: getattr(customer if hasattr(customer, name) else profile, name) for name in names}
    return [(name, value, value, None) for name, value in held.items()]


def as_json(value: Any) -> Any:
    """Return a value as the provenance keeps it."""
    return orjson.loads(orjson.dumps(value))
