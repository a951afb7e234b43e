"""What is coming: birthdays and anniversaries, life events, festivals, the contract's end.

Days of grief among them, by their label: told as solemn, so that nobody congratulates on them.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from crm_api.calendars import service as calendars
from crm_api.customers.policies.grief import is_grief
from crm_api.customers.terms import Kind
from crm_api.preparation.briefs import queries
from crm_api.preparation.briefs.policies import telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from crm_api.customers.models import Anniversary, Customer, LifeEvent


def coming_dates(customer: Customer, *, today: date) -> list[dict[str, Any]]:
    """Return what falls in the next weeks for a customer and a group's key persons, in order."""
    end = today + telling.DATES_AHEAD
    names = _whose(customer)
    found = [
        *_anniversaries(customer, names, start=today, end=end),
        *_life_events(customer, names, start=today, end=end),
        *_festivals(start=today, end=end),
        *_contract(customer, today=today),
    ]
    return sorted(found, key=itemgetter("on", "kind", "label"))


def _whose(customer: Customer) -> dict[str, str]:
    names = {customer.id: customer.name}
    if customer.kind is Kind.GROUP:
        names |= {r.other_id: name for r, name in queries.key_persons(customer)}
    return names


def _anniversaries(
    customer: Customer, names: Mapping[str, str], *, start: date, end: date
) -> Iterator[dict[str, Any]]:
    for anniversary in queries.anniversaries(sorted(names)):
        for on in _days(anniversary, start=start, end=end):
            yield {
                "on": on,
                "kind": anniversary.kind,
                "label": anniversary.label or anniversary.kind,
                "whose": names[anniversary.customer_id],
                "is_solemn": _is_grief(anniversary, customer),
            }


def _life_events(
    customer: Customer, names: Mapping[str, str], *, start: date, end: date
) -> Iterator[dict[str, Any]]:
    for event in queries.life_events(sorted(names), start=start, end=end):
        yield {
            "on": event.happened_on,
            "kind": event.kind,
            "label": event.label or event.kind,
            "whose": names[event.customer_id],
            "is_solemn": _is_grief(event, customer),
        }


def _is_grief(day: Anniversary | LifeEvent, customer: Customer) -> bool:
    is_of_group = day.customer_id == customer.id and customer.kind is Kind.GROUP
    return is_grief(day.label, kind=day.kind, is_of_group=is_of_group)


def _days(anniversary: Anniversary, *, start: date, end: date) -> list[date]:
    falls = calendars.occurrences(
        anniversary.calendar,
        month=anniversary.month,
        day=anniversary.day,
        is_leap_month=anniversary.is_leap_month,
        start=start,
        end=end,
    )
    return [occurrence.on for occurrence in falls]


def _festivals(*, start: date, end: date) -> Iterator[dict[str, Any]]:
    for festival in calendars.festivals_between(start, end):
        yield {
            "on": festival.on,
            "kind": "festival",
            "label": festival.name,
            "whose": None,
            "is_solemn": festival.is_solemn,
        }


def _contract(customer: Customer, *, today: date) -> Iterator[dict[str, Any]]:
    ends = customer.contract_end_on
    if ends is not None and today <= ends <= today + telling.CONTRACT_AHEAD:
        yield {
            "on": ends,
            "kind": "contract_end",
            "label": customer.plan_name or "contract",
            "whose": customer.name,
            "is_solemn": False,
        }
