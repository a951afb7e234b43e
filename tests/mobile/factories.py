"""What a user enters on a phone."""

from __future__ import annotations

from tests.mobile.district import DAY, HOUR, now_ms


def a_visit(customer_id: str, *, days_ahead: float = 1, **changes) -> dict:
    starts_at = now_ms() + int(days_ahead * DAY)
    return {
        "customer_id": customer_id,
        "purpose": "bond",
        "category": "care",
        "place": "示范路 8 号",
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,
        "tools": [],
        **changes,
    }


def a_promise(customer_id: str, **changes) -> dict:
    return {
        "customer_id": customer_id,
        "text": "Bring the brochure.",
        "due_on": "2099-01-01",
        **changes,
    }


def a_contact(customer_id: str, **changes) -> dict:
    return {
        "customer_id": customer_id,
        "occurred_at": now_ms() - HOUR,
        "channel": "call",
        "direction": "inbound",
        "category": "service",
        "purpose": "service",
        "outcome": "reached",
        "summary": "Asked about roaming.",
        "is_begun_by_customer": True,
        **changes,
    }
