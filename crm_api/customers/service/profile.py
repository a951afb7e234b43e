"""Mend the core profile."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.customers import locks, queries
from crm_api.customers.provenance import service as provenance
from crm_api.customers.provenance.values import BY_HAND
from crm_api.customers.service import account_numbers, documents
from crm_api.customers.service.changes import note_change
from crm_api.customers.service.derived import keep_derived, keep_reading
from crm_api.customers.terms import Aspect
from crm_api.kit import runs
from crm_api.kit.errors import Invalid
from crm_api.kit.versions import require_version

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.models import Customer
    from crm_api.customers.provenance.values import Source

DERIVED_FROM = {"name", "account_no", "birth_on"}
PLAN = ("plan_name", "plan_monthly_fen", "contract_end_on")


def change_customer(
    customer_id: str,
    *,
    changes: dict[str, Any],
    expected_version: int,
    by: Actor,
    now: datetime,
    source: Source = BY_HAND,
) -> Customer:
    """Mend what is known of a customer; a change of plan is kept in the history.

    :raises NotFound: if the actor may not see the customer
    :raises StaleVersion: if somebody changed it since it was read
    :raises AccountNumberTaken: if another customer has the account number
    """
    locks.lock_subjects(customer_ids=[customer_id])
    customer = queries.get_customer(customer_id, visible_to=by)
    require_version(customer, expected=expected_version, wanted=changes)
    account_numbers.require_free(changes.get("account_no"), except_for=customer_id)
    require_born(changes.get("birth_on"), now=now)
    plan_before = _plan(customer)
    with account_numbers.guarded() if "account_no" in changes else nullcontext():
        for name, value in changes.items():
            setattr(customer, name, value)
        documents.keep_index(customer)
        keep_reading(customer)
    if DERIVED_FROM & changes.keys():
        keep_derived([customer], now=now)
    provenance.note_learned(customer_id, changes, source=source, by_id=by.id, now=now)
    if (plan := _plan(customer)) != plan_before:
        note_change(
            customer, Aspect.PLAN, before=plan_before, after=plan, reason="", by_id=by.id, now=now
        )
    runs.flush()
    return customer


def put_plan(
    customer: Customer, changes: dict[str, Any], *, reason: str, by_id: str, now: datetime
) -> bool:
    """Change the plan of a customer who is locked; tell whether it was another one."""
    before = _plan(customer)
    for name, value in changes.items():
        setattr(customer, name, value)
    after = _plan(customer)
    if after == before:
        return False
    note_change(
        customer, Aspect.PLAN, before=before, after=after, reason=reason, by_id=by_id, now=now
    )
    return True


def require_born(birth_on: date | None, *, now: datetime) -> None:
    """Make sure that nobody is born after today.

    :raises Invalid: if so
    """
    if birth_on is not None and birth_on > calendars.local_day(now):
        raise Invalid("/birth_on", "Give a day that has come.")


def _plan(customer: Customer) -> dict[str, Any]:
    return {name: _as_json(getattr(customer, name)) for name in PLAN}


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
