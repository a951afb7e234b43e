"""Two phones at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import sqlalchemy as sa

from crm_api.accounts.models import Team
from crm_api.contact_frequency.models import Slot
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.db import db
from tests.factories.accounts import make_staff, make_token
from tests.factories.customers import make_customer
from tests.factories.visits import a_plan, a_record, contacts, made, planned, step
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


def test_one_person_is_met_once_and_one_offer_made_once(app, field, at):
    colleague, other = make_staff(team=_team(field)), make_customer(field.owner)
    visit = planned(
        field.caller, field.customer, starts_at=field.tomorrow, colleague_ids=[colleague.id]
    )
    at(field.tomorrow)
    visit = made(field.caller, visit)
    met = [{"name": "赵示例", "customer_id": other.id}]
    content = a_record(visit, persons_met=met, offers=[{"id": "o-1", "text": "畅享 198"}])

    recorded = at_once(app, field.owner, lambda c, _: step(c, visit, "record", **content))
    offer = {"id": "o-2", "customer_id": field.customer.id, "text": "企业宽带"}
    offered = at_once(app, field.owner, lambda c, _: c.post("/v1/offers", json=offer))

    assert [r.status_code for r in (*recorded, *offered)] == [200] * PHONES + [201] * PHONES
    assert len({r.text for r in recorded}) == len({r.text for r in offered}) == 1
    assert _slots(SlotState.CONSUMED) == 2  # the visit, and whom it met beyond the plan


def test_a_colleague_arrives_once_while_being_left_out(app, field, at):
    colleague = make_staff(team=_team(field))
    visit = planned(
        field.caller, field.customer, starts_at=field.tomorrow, colleague_ids=[colleague.id]
    )
    at(field.tomorrow)

    arrived = at_once(app, colleague, lambda c, _: step(c, visit, "arrival"))
    left_out = at_once(
        app, field.owner, lambda c, _: step(c, visit, "colleagues", colleague_ids=[])
    )

    assert [r.status_code for r in arrived] == [200] * PHONES
    assert len({r.text for r in arrived}) == 1
    assert {r.json["code"] for r in left_out} == {"colleague_was_there"}


def test_a_fact_is_undone_once(app, field, at):
    visit = planned(field.caller, field.customer, starts_at=field.tomorrow)
    at(field.tomorrow)
    content = a_record(made(field.caller, visit), amendments={"employer": "示范贸易"})
    step(field.caller, visit, "record", **content)
    [fact] = field.caller.get(f"/v1/customers/{field.customer.id}/learned-facts").json["items"]
    url = f"/v1/learned-facts/{fact['id']}/undoing"

    replies = at_once(app, field.owner, lambda c, n: c.put(url, json={"reason": f"Slip {n % 2}."}))

    assert sorted(r.status_code for r in replies) == [200] * 3 + [409] * 3
    assert len({r.text for r in replies if r.status_code == 200}) == 1


def _team(field):
    return db.session.get(Team, field.owner.team_id)


def _slots(state):
    db.session.rollback()
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(Slot).where(Slot.state == state)
    )
