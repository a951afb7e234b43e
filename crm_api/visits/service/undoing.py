"""Take back what was learned by mistake: the profile is as before, and all stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.customers import queries as customers
from crm_api.customers import service as profiles
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.visits import queries
from crm_api.visits.errors import FactOvertaken, FactUndone
from crm_api.visits.models import UndoneFact
from crm_api.visits.policies.learning import ANNIVERSARY, LIFE_EVENT, OF_THE_CORE, read_back
from crm_api.visits.service.learning import as_json
from crm_api.visits.service.steps import lock_customers

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.visits.models import LearnedFact


def undo_fact(fact_id: str, *, reason: str, by: Actor, now: datetime) -> LearnedFact:
    """Take back what a visit taught, and put the profile as it was before.

    :raises NotFound: if the actor may not see the customer
    :raises FactUndone: if it was taken back for another reason
    :raises FactOvertaken: if the profile says something else by now
    """
    lock_customers([queries.get_fact(fact_id, visible_to=by).customer_id])
    fact = queries.get_fact(fact_id, visible_to=by)
    if fact.undoing is not None:
        if fact.undoing.reason != reason:
            raise FactUndone
        return fact
    _put_back(fact, by=by, now=now)
    db.session.add(UndoneFact(fact_id=fact.id, by_id=by.id, reason=reason, created_at=now))
    db.session.flush()
    return queries.get_fact(fact_id, visible_to=by)


def _put_back(fact: LearnedFact, *, by: Actor, now: datetime) -> None:
    kind = fact.field.partition(":")[0]
    if kind in (ANNIVERSARY, LIFE_EVENT):
        _remove_entry(fact, kind=kind, by=by, now=now)
    elif fact.before != fact.after:  # what was only confirmed leaves nothing to put back
        _put_value_back(fact, by=by, now=now)


def _remove_entry(fact: LearnedFact, *, kind: str, by: Actor, now: datetime) -> None:
    try:
        entry: Any = _entry(fact, kind=kind)
    except NotFound:
        raise FactOvertaken(field=fact.field) from None
    if any(as_json(getattr(entry, name)) != value for name, value in fact.after.items()):
        raise FactOvertaken(field=fact.field)
    if kind == ANNIVERSARY:
        profiles.remove_anniversary(fact.customer_id, anniversary_id=entry.id, by=by, now=now)
    else:
        profiles.remove_life_event(fact.customer_id, event_id=entry.id, by=by)


def _entry(fact: LearnedFact, *, kind: str) -> Any:
    find = customers.get_anniversary if kind == ANNIVERSARY else customers.get_life_event
    return find(fact.record_id or "", customer_id=fact.customer_id)


def _put_value_back(fact: LearnedFact, *, by: Actor, now: datetime) -> None:
    is_core = fact.field in OF_THE_CORE
    record: Any = (
        customers.get_customer(fact.customer_id, visible_to=by)
        if is_core
        else profiles.get_extended_profile(fact.customer_id, visible_to=by, now=now)
    )
    # Told again since, it may say the same for another reason.
    if as_json(getattr(record, fact.field)) != fact.after or queries.is_told_since(fact):
        raise FactOvertaken(field=fact.field)
    change = profiles.change_customer if is_core else profiles.change_extended_profile
    change(
        fact.customer_id,
        changes={fact.field: read_back(fact.field, fact.before)},
        expected_version=record.version,
        by=by,
        now=now,
    )
