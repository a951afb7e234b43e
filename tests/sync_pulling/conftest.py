"""A portfolio with something in every table that syncs."""

from datetime import timedelta

import pytest

from tests.attachments.files import png, uploaded
from tests.factories.care import make_message
from tests.factories.sync import make_issue
from tests.factories.visits import a_record, made, planned, step
from tests.support.field import field
from tests.support.phones import Phone

__all__ = ["field"]


def ok(reply):
    assert reply.status_code in (200, 201), reply.json
    return reply.json


@pytest.fixture
def phone(field):
    return Phone(field.caller)


@pytest.fixture
def whole(field, at):
    """The account manager after a visit, with the next one prepared."""
    caller, customer = field.caller, field.customer
    path = f"/v1/customers/{customer.id}"
    learnt = {"interests": ["登山"], "preferred_from": "10:00:00", "preferred_until": "12:00:00"}
    ok(caller.patch(f"{path}/extended-profile", json=learnt, headers={"If-Match": '"0"'}))
    ok(caller.post(f"{path}/anniversaries", json={"kind": "wedding", "month": 5, "day": 20}))
    visit = made(caller, planned(caller, customer, starts_at=field.now))
    ok(caller.post(f"/v1/visits/{visit['id']}/notes", json={"text": "Tea, no coffee."}))
    attachment = uploaded(caller, png())
    hung = f"/v1/visits/{visit['id']}/attachments/{attachment['id']}"
    ok(caller.put(hung, json={"kind": "photo", "caption": "The new shop."}))
    record = a_record(
        visit,
        persons_met=[{"name": "王示例"}],
        promises=[{"text": "A price list", "due_on": "2026-03-20"}],
        follow_ups=[{"text": "Print it", "due_on": "2026-03-10"}],
    )
    del record["leave_alone"]
    contact = {"channel": "call", "at": (field.now + timedelta(days=9)).isoformat()}
    record["next_touch"] = {"text": "Ask", "due_on": "2026-03-12", "contact": contact}
    ok(step(caller, visit, "record", **record))
    later = field.now + timedelta(days=13)
    next_visit = planned(caller, customer, starts_at=later, objectives=[])
    ok(caller.post(f"/v1/visits/{next_visit['id']}/briefs"))
    make_message(customer, due_at=field.now + timedelta(days=30))
    make_issue(field.owner, customer)
    return field
