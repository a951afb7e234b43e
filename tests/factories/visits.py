"""Visits, made over HTTP as the app makes them."""

from __future__ import annotations

from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


def a_plan(customer, *, starts_at: datetime, **changes) -> dict:
    """What an app sends to plan a visit, an hour from `starts_at`."""
    return {
        "customer_id": customer.id,
        "place": "示范路 8 号",
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + HOUR).isoformat(),
        "objectives": [{"id": f"o-{customer.id}", "text": "Learn who decides."}],
        **changes,
    }


def a_record(visit: dict, **changes) -> dict:
    """What an app sends to close a visit: everything met, the customer left alone for a while."""
    return {
        "summary": "They are content and open a second branch.",
        "objectives": [{"id": o["id"], "outcome": "met"} for o in visit["objectives"]],
        "leave_alone": {"until": "2099-01-01", "reason": "They asked for quiet."},
        **changes,
    }


def plan(caller, customer, *, starts_at: datetime, **changes):
    """Plan a visit and return the reply."""
    return caller.post("/v1/visits", json=a_plan(customer, starts_at=starts_at, **changes))


def planned(caller, customer, *, starts_at: datetime, **changes) -> dict:
    """Plan a visit that is allowed, and return it."""
    reply = plan(caller, customer, starts_at=starts_at, **changes)
    assert reply.status_code == 201, reply.json
    return reply.json


def step(caller, visit: dict, name: str, /, headers=None, **content):
    """Take a step and return the reply."""
    return caller.put(f"/v1/visits/{visit['id']}/{name}", json=content, headers=headers)


def made(caller, visit: dict) -> dict:
    """Check in and out now, and return the visit."""
    assert step(caller, visit, "check-in").status_code == 200
    reply = step(caller, visit, "check-out")
    assert reply.status_code == 200, reply.json
    return reply.json


def contacts(caller, customer) -> list[dict]:
    """The customer's contacts as they stand."""
    reply = caller.get(f"/v1/customers/{customer.id}/contacts?standing_only=true")
    assert reply.status_code == 200, reply.json
    return reply.json["items"]
