"""A merge while others write: nothing is left behind under the former id, nothing is lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.app.rooms import load_models
from crm_api.customers.merging.service.rows import NAMES
from crm_api.customers.models import Merge
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.succession import Fate, columns_referring_to, fate_of
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.merging.factories import merge, preview


@pytest.fixture
def owner(app):
    keep_default_policies(clock.now() - timedelta(days=30))
    return make_staff()


@pytest.fixture
def at_once(_app):
    """Run calls in threads of their own, started together; return the replies."""

    def at_once(*calls):
        start, replies = threading.Barrier(len(calls)), [None] * len(calls)

        def run(place, call):
            start.wait()
            replies[place] = call()

        threads = [threading.Thread(target=run, args=(n, c)) for n, c in enumerate(calls)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return replies

    return at_once


def left_behind(customer_id):
    """How many rows that can move still name a customer, by column."""
    load_models()
    found = {}
    with transaction(read_only=True):
        for column in columns_referring_to("customers", also=NAMES):
            if fate_of(column) in (Fate.MOVES, Fate.YIELDS):
                rows = sa.select(sa.func.count()).where(column == customer_id)
                found[str(column)] = db.session.scalar(rows)
    return {name: rows for name, rows in found.items() if rows}


def test_whatever_is_written_meanwhile_goes_along_or_is_told_where(sign_in, owner, at_once):
    survivor, merged = make_customer(owner), make_customer(owner)
    callers = [sign_in(owner) for _ in range(5)]
    path = f"/v1/customers/{merged.id}"
    moment = (clock.now() + timedelta(days=3)).replace(hour=2, minute=0)
    call = {"customer_id": merged.id, "channel": "call", "category": "service"}
    shown = preview(callers[0], survivor, merged).json
    body = {
        "survivor_id": survivor.id,
        "merged_id": merged.id,
        "survivor_version": shown["survivor_version"],
        "merged_version": shown["merged_version"],
        "reason": "x",
    }
    news = {"kind": "promotion", "happened_on": "2026-03-01"}

    replies = at_once(
        lambda: callers[0].post("/v1/customer-merges", json=body),
        lambda: callers[1].post(
            "/v1/contact-reservations", json={**call, "at": moment.isoformat()}
        ),
        lambda: callers[2].post(f"{path}/do-not-disturb-wishes", json={"channels": ["email"]}),
        lambda: callers[3].post(f"{path}/life-events", json=news),
        lambda: callers[4].post(f"{path}/phones", json={"number": "+8613912345678"}),
    )

    statuses = [reply.status_code for reply in replies]
    # A reservation that saw the two become one asks to be repeated; a phone first made is a change.
    assert statuses[0] in (201, 412, 503), replies[0].text
    if statuses[0] != 201:
        again = merge(callers[0], survivor, merged)
        assert again.status_code == 201, again.text
    for reply in replies[1:]:
        told = reply.json.get("code")
        assert reply.status_code in (201, 503) or told in ("customer_merged", "contact_blocked")
    assert left_behind(merged.id) == {}


def test_of_two_merges_that_cross_one_is_made(sign_in, owner, at_once):
    a, b = make_customer(owner), make_customer(owner)
    callers = [sign_in(owner) for _ in range(2)]

    replies = at_once(
        *[
            lambda c=c, pair=pair: c.post("/v1/customer-merges", json=pair)
            for c, pair in zip(callers, (_pair(a, b), _pair(b, a)), strict=True)
        ]
    )

    made = [reply.status_code for reply in replies]
    assert made.count(201) == 1
    assert set(made) <= {201, 409, 412, 503}
    with transaction(read_only=True):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Merge)) == 1


def _pair(survivor, merged):
    return {
        "survivor_id": survivor.id,
        "merged_id": merged.id,
        "survivor_version": 1,
        "merged_version": 1,
        "reason": "x",
    }
