"""Keep which greetings a customer wants."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from crm_api.care.terms import BirthdayCalendar, Occasion
from crm_api.care.wishes import queries
from crm_api.care.wishes.models import GreetingPreferences
from crm_api.customers import locks
from crm_api.customers import queries as customers
from crm_api.kit.db import db
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor


def get_preferences(customer_id: str, *, visible_to: Actor, now: datetime) -> GreetingPreferences:
    """Return what a customer wants to be greeted for; version 0, and everything, if nobody asked.

    :raises NotFound: if the actor may not see the customer
    """
    customers.get_customer(customer_id, visible_to=visible_to)
    return queries.find_preferences(customer_id) or _blank(customer_id, now=now)


def set_preferences(
    customer_id: str,
    *,
    content: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
) -> GreetingPreferences:
    """Note what a customer wants; what is planned against it is withdrawn before this commits.

    The same content again is a repeat, whatever version it names.

    :raises NotFound: if the actor may not see the customer
    :raises StaleVersion: if somebody changed it since it was read
    """
    members = customers.same_person_ids([customer_id])
    locks.lock_subjects(customer_ids=chain(*members.values()))
    preferences = get_preferences(customer_id, visible_to=by, now=now)
    wanted = {**content, "occasions": [o for o in Occasion if o in content["occasions"]]}
    if all(getattr(preferences, name) == value for name, value in wanted.items()):
        return preferences
    require_version(preferences, expected=expected_version, wanted=wanted)
    for name, value in wanted.items():
        setattr(preferences, name, value)
    db.session.add(preferences)
    db.session.flush()
    return preferences


def _blank(customer_id: str, *, now: datetime) -> GreetingPreferences:
    return GreetingPreferences(
        id=customer_id,
        version=0,
        occasions=list(Occasion),
        birthday_calendar=BirthdayCalendar.AS_STATED,
        created_at=now,
    )
