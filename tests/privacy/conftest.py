"""A customer of whom much is known, all of it marked, so that what stays anywhere is found."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Scope
from crm_api.customers.terms import Category
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import make_message
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import a_record, made, planned, step

NAME, PHONE, DOCUMENT = "忘川一号", "+8613911112222", "E77665544"
MARK = "secretmark"
TRACES = (MARK, NAME, "wangchuan", PHONE, PHONE[1:], PHONE[3:], PHONE[:0:-1], DOCUMENT, "ACC-忘-1")
# The wish never to be written to outlives, and the row to lock a number by says nothing of whose.
ALLOWED = {"opt_outs", "subject_locks"}


def ok(reply, *statuses):
    assert reply.status_code in (statuses or (200, 201)), reply.text
    return reply.json


def traces_left():
    """Look into every cell of every table."""
    found = set()
    with transaction(read_only=True):
        for table in db.metadata.sorted_tables:
            if table.name in ALLOWED:
                continue
            for row in db.session.execute(sa.select(table)).mappings():
                for name, value in row.items():
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                    if any(trace in str(text) for trace in TRACES):
                        found.add(f"{table.name}.{name}: {str(text)[:120]}")
    return found


@pytest.fixture
def team(app, at, moment):
    at(moment)
    keep_default_policies(moment - timedelta(days=30))
    return make_team()


@pytest.fixture
def people(team):
    return SimpleNamespace(
        owner=make_staff(team=team),
        manager=make_staff(Role.MANAGER, team),
        second=make_staff(Role.MANAGER, team),
    )


@pytest.fixture
def known(people, sign_in, sign_in_client, moment, at):
    """The customer, and what was done with them."""
    caller, lead = sign_in(people.owner), sign_in(people.manager)
    new = {
        "name": NAME,
        "document_type": "passport",
        "document_number": DOCUMENT,
        "account_no": "ACC-忘-1",
        "birth_on": "1980-05-20",
        "phones": [{"number": PHONE, "label": MARK}],
    }
    customer = ok(caller.post("/v1/customers", json=new, headers={"Idempotency-Key": "k"}))
    path = f"/v1/customers/{customer['id']}"
    relative = make_customer(people.owner)
    ok(
        caller.patch(
            f"{path}/extended-profile", json={"remarks": MARK}, headers={"If-Match": '"0"'}
        )
    )
    ok(
        caller.post(
            f"{path}/anniversaries", json={"kind": "other", "label": MARK, "month": 5, "day": 1}
        )
    )
    ok(caller.post(f"{path}/do-not-disturb-wishes", json={"channels": ["email"], "note": MARK}))
    ok(caller.post(f"{path}/relations", json={"kind": "same_person", "other_id": relative.id}))
    ok(caller.post(f"{path}/places", json={"address": MARK}))
    ok(caller.put(f"{path}/status", json={"status": "suspended", "reason": MARK}))
    ok(caller.put(f"{path}/status", json={"status": "active", "reason": MARK}))
    ok(caller.post(f"{path}/reveals", json={"field": "phone", "reason": MARK}))
    visit = made(caller, planned(caller, SimpleNamespace(id=customer["id"]), starts_at=moment))
    due = (moment + timedelta(days=3)).date().isoformat()
    record = a_record(
        visit,
        summary=MARK,
        amendments={"employer": MARK},
        promises=[{"id": "p1", "text": MARK, "due_on": due}],
        follow_ups=[{"id": "f1", "text": MARK, "due_on": due}],
        went_well=MARK,
    )
    ok(step(caller, visit, "record", **record))
    at(moment + timedelta(days=4))
    held = SimpleNamespace(id=customer["id"], phone=PHONE)
    # A service: the visit's record has us leave the customer alone otherwise.
    kind, until = Category.SERVICE, moment + timedelta(days=4, hours=8)
    message = make_message(held, text=f"{NAME}您好", category=kind, send_before=until)
    heard = {"inbound_id": "i1", "from": PHONE, "to": "10086", "text": MARK}
    inbound = {"messages": [{**heard, "received_at": moment.isoformat()}]}
    gateway = sign_in_client(Scope.GATEWAY)
    ok(gateway.post("/v1/gateway/inbound", json=inbound))
    return SimpleNamespace(
        id=customer["id"],
        path=path,
        visit=visit,
        message_id=message.id,
        relative=relative,
        caller=caller,
        lead=lead,
        second=sign_in(people.second),
        gateway=gateway,
    )
