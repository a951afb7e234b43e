"""Two phones at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.db import db
from tests.factories.accounts import make_token
from tests.factories.visits import a_plan, contacts, planned, step
from tests.support.callers import Caller

PHONES = 6


def at_once(app, actor, act):
    """Let several phones of one person act at the same moment; return the replies."""
    tokens = [make_token(actor) for _ in range(PHONES)]
    db.session.rollback()
    start = Barrier(PHONES)

    def run(number):
        start.wait()
        return act(Caller(app.test_client(), tokens[number]), number)

    with ThreadPoolExecutor(PHONES) as pool:
        return list(pool.map(run, range(PHONES)))


def test_one_hour_is_given_once(app, field):
    plans = [
        a_plan(field.customer, starts_at=field.tomorrow + timedelta(minutes=n), objectives=[])
        for n in range(PHONES)
    ]

    replies = at_once(app, field.owner, lambda c, n: c.post("/v1/visits", json=plans[n]))

    assert sorted(r.status_code for r in replies) == [201] + [409] * (PHONES - 1)
    assert {r.json["code"] for r in replies if r.status_code == 409} == {"contact_blocked"}
    assert _slots(SlotState.RESERVED) == 1


def test_one_id_is_one_visit(app, field):
    content = a_plan(field.customer, starts_at=field.tomorrow, id="from-the-phone")

    replies = at_once(app, field.owner, lambda c, _: c.post("/v1/visits", json=content))

    assert [r.status_code for r in replies] == [201] * PHONES
    assert len({r.text for r in replies}) == 1
    assert _slots(SlotState.RESERVED) == 1


def test_everybody_arrives_once(app, field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    step(field.caller, visit, "check-in")

    replies = at_once(app, field.owner, lambda c, _: step(c, visit, "check-out"))

    assert [r.status_code for r in replies] == [200] * PHONES
    assert len({r.text for r in replies}) == 1
    assert len(contacts(field.caller, field.customer)) == 1
    assert _slots(SlotState.CONSUMED) == 1


def _slots(state):
    db.session.rollback()
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(Slot).where(Slot.state == state)
    )
