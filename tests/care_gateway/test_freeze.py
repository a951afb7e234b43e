"""A region mourns: once that commits, nothing that it covers passes begin."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.care.gateway.policies.gate import ASK_AGAIN_AFTER
from crm_api.care.gateway.policies.pace import MOST_IDLE_LEASES
from crm_api.care.models import CareMessage
from crm_api.care.service import messages as outbox
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import StoredDecision
from crm_api.contact_frequency.terms import HoldKind, SlotState
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    EVENING,
    MORNING,
    later,
    make_message,
    slot_state,
    stored,
)
from tests.care_gateway.test_processes import (  # noqa: F401 - `field` is a fixture
    Process,
    field,
    make_key,
)
from tests.care_gateway.test_races import run_beside
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


@pytest.fixture
def region(app):
    """A province with a city, and somebody who answers for it."""
    province = make_team()
    city = make_team(parent=province)
    return make_staff(Role.MANAGER, province), make_staff(team=city)


def mourn(manager, *, until_at=None):
    return contact_frequency.place_hold(
        HoldKind.MOURNING,
        team_path=manager.team_path,
        from_at=clock.now(),
        until_at=until_at,
        reason="earthquake",
        by_id=manager.id,
    )


def freeze(sign_in, manager, **changes):
    body = {"kind": "mourning", "team_id": manager.team_id, "reason": "earthquake", **changes}
    reply = sign_in(manager).post("/v1/contact-holds", json=body)
    assert reply.status_code == 201, reply.json
    return reply.json


def lift(sign_in, manager, hold):
    path = f"/v1/contact-holds/{hold['id']}/lift"
    assert sign_in(manager).put(path, json={"reason": "over"}).status_code == 200


def test_it_stops_what_is_leased_already(gateway, region, sign_in):
    manager, clerk = region
    message, elsewhere = make_message(make_customer(clerk)), make_message()
    leased = {m["id"]: m for m in gateway.lease()}
    freeze(sign_in, manager)

    assert gateway.begin(leased[message.id]) == ["held"]
    assert gateway.begin(leased[elsewhere.id]) == ["submitting"]
    assert slot_state(message) is SlotState.RESERVED
    decisions = db.session.scalars(sa.select(StoredDecision).filter_by(slot_id=message.slot_id))
    codes = [[r["code"] for r in one.document["reasons"]] for one in decisions]
    assert sorted(codes) == [[], ["mourning"]]


def test_lifted_while_the_day_lasts_it_goes_out(gateway, region, sign_in, at):
    manager, clerk = region
    message = make_message(make_customer(clerk))
    [leased] = gateway.lease()
    hold = freeze(sign_in, manager)
    assert gateway.begin(leased) == ["held"]
    assert stored(message).state is MessageState.QUEUED
    assert gateway.lease() == []

    at(MORNING + ASK_AGAIN_AFTER)
    assert gateway.begin(*gateway.lease()) == ["held"]
    lift(sign_in, manager, hold)
    at(MORNING + 2 * ASK_AGAIN_AFTER)

    assert gateway.begin(*gateway.lease()) == ["submitting"]


def test_it_waits_for_a_lift_however_often_it_asks_and_then_expires(gateway, region, sign_in, at):
    """A worker that asks and is refused has done its part: the message is no poison."""
    manager, clerk = region
    message = make_message(make_customer(clerk))
    freeze(sign_in, manager, until_at=later(days=7).isoformat())
    moment = MORNING
    for _ in range(MOST_IDLE_LEASES + 2):
        assert gateway.begin(*gateway.lease()) == ["held"]
        moment = at(moment + ASK_AGAIN_AFTER)
    assert stored(message).state is MessageState.QUEUED

    at(EVENING - timedelta(minutes=3))
    assert gateway.begin(*gateway.lease()) == ["held"]
    assert stored(message).state is MessageState.QUEUED
    at(EVENING)
    with transaction():
        assert outbox.expire_messages(now=EVENING) == 1

    assert (stored(message).state, slot_state(message)) == (
        MessageState.EXPIRED,
        SlotState.EXPIRED,
    )


def test_a_begin_that_waits_for_a_freeze_is_refused(gateway, region):
    """The freeze is written and not yet committed; nothing of the customer's is locked by it."""
    manager, clerk = region
    message = make_message(make_customer(clerk))
    [leased] = gateway.lease()

    with transaction():
        mourn(manager)
        answer = run_beside(lambda: gateway.begin(leased))
        time.sleep(0.4)

    assert answer() == ["held"]
    assert slot_state(message) is SlotState.RESERVED


def test_a_freeze_waits_for_the_begins_under_way(app, gateway, region):
    manager, clerk = region
    message = make_message(make_customer(clerk))
    gateway.lease()
    frozen = threading.Event()

    def freeze_beside():
        with app.app_context(), transaction():
            mourn(manager)
        frozen.set()
        return True

    with transaction():
        assert contact_frequency.begin_slots([message.slot_id]) == {message.slot_id: None}
        answer = run_beside(freeze_beside)
        assert not frozen.wait(0.4), "it committed beside a begin that had not seen it"

    assert answer()


def test_bookings_do_not_wait_for_a_freeze(app, region, now, backend):
    if backend == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    manager, clerk = region
    customer = make_customer(clerk)

    with transaction():
        mourn(manager)
        assert run_beside(lambda: _reserved(app, customer))() == SlotState.RESERVED


def _reserved(app, customer):
    with app.app_context():
        message = make_message(customer)
        return slot_state(message)


@pytest.mark.heavy
def test_after_the_freeze_no_process_begins_anything(field, tmp_path):  # noqa: F811
    """Eight gateway processes drain a queue; in the midst of it the region freezes."""
    manager = make_staff(Role.MANAGER)
    customers = [make_customer(team_id=manager.team_id, owner_id=None) for _ in range(300)]
    messages = [make_message(c, send_before=clock.now() + timedelta(hours=2)) for c in customers]
    keys = [make_key(), make_key()]
    journals = [tmp_path / f"journal{n}" for n in range(8)]
    workers = [Process(field, keys[n % 2], journal) for n, journal in enumerate(journals)]
    while not (begun := _begun()):
        time.sleep(0.01)

    with transaction():
        mourn(manager)
    begun = _begun()
    for worker in workers:
        worker.finish()

    assert _begun() == begun
    assert 0 < len(begun) < len(messages), "the freeze came too late to show anything"
    db.session.rollback()


def _begun():
    db.session.rollback()
    wanted = sa.select(CareMessage.id).where(CareMessage.begun_at.is_not(None))
    found = set(db.session.scalars(wanted))
    db.session.rollback()
    return found
