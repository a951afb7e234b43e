"""A day in the field as a phone has it, with its rows as the stock client would push them."""

from __future__ import annotations

from datetime import timedelta

from tests.sync_pushing.phone import ms

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def a_visit(customer, *, starts_at, **changes):
    """A planned visit as the app writes it."""
    return {
        "id": "v-1",
        "customer_id": customer.id,
        "purpose": "bond",
        "category": "service",
        "place": "示范路 8 号",
        "starts_at": ms(starts_at),
        "ends_at": ms(starts_at + HOUR),
        "tools": '["gift"]',
        "is_unannounced": False,
        "status": "planned",
        "booking": "none",
        **changes,
    }


def made(starts_at):
    """What the app adds to a visit that took place."""
    return {
        "checked_in_at": ms(starts_at + MINUTE),
        "checked_in_place": "At the gate",
        "latitude": 31.2304,
        "longitude": 121.4737,
        "accuracy_m": 20,
        "checked_out_at": ms(starts_at + 50 * MINUTE),
    }


def recorded(starts_at, **changes):
    """What the app adds when its user closes the visit."""
    return {
        "recorded_at": ms(starts_at + HOUR),
        "summary": "They are content and open a second branch.",
        "sections": '{"rivals": "None called."}',
        "went_well": "Found common ground.",
        "leave_alone_until": "2099-01-01",
        "leave_alone_reason": "They asked for quiet.",
        **changes,
    }


def an_objective(**changes):
    return {"id": "o-1", "visit_id": "v-1", "text": "Learn who decides.", **changes}


def a_person(**changes):
    return {"id": "p-1", "visit_id": "v-1", "name": "王示例", "role": "Buyer", **changes}


def a_note(at, **changes):
    return {"id": "n-1", "visit_id": "v-1", "text": "Asks about roaming.", "noted_at": ms(at)} | (
        changes
    )


def a_touch(at, **changes):
    """The next touch that a visit leaves: a call."""
    return {
        "id": "f-1",
        "visit_id": "v-1",
        "text": "Ask whether it helped.",
        "due_on": f"{at:%Y-%m-%d}",
        "is_next_touch": True,
        "channel": "call",
        "category": "service",
        "contact_at": ms(at),
        **changes,
    }


def created(**tables):
    """A push of new rows, by table."""
    return {
        table: {
            "created": [{"_status": "created", "_changed": "", **row} for row in rows],
            "updated": [],
            "deleted": [],
        }
        for table, rows in tables.items()
    }


def edited_since(body, columns):
    """The same push of a visit that was edited between its creation and this push."""
    body["visits"]["created"][0]["_changed"] = columns
    return body
