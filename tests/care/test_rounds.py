"""Processes share a day's planning in batches; a later run looks at who is left."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from crm_api.care import service
from crm_api.care.models import CareMessage, PlanBatch, PlanRefusal, PlanRun
from crm_api.care.service import rounds
from crm_api.care.terms import Occasion
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.models import StoredDecision
from crm_api.contact_frequency.terms import HoldKind, Verdict
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.test_races import run_beside
from tests.factories.care import make_template
from tests.factories.customers import make_customer

DAY = date(2026, 9, 25)  # Mid-Autumn
EVE = datetime(2026, 9, 24, 2, tzinfo=UTC)


@pytest.fixture
def run(app, at, monkeypatch):
    at(EVE)
    monkeypatch.setattr(rounds, "BATCH", 2)
    with transaction():
        contact_frequency.ensure_default_policies(now=EVE - timedelta(days=400))
    make_template(Occasion.FESTIVAL, "mid_autumn")

    def run(*options):
        reply = app.test_cli_runner().invoke(
            args=["care", "plan", "--on", DAY.isoformat(), *options], catch_exceptions=False
        )
        assert reply.exit_code == 0, reply.output
        db.session.rollback()
        return reply.output.splitlines()

    return run


@pytest.fixture
def cause(run):
    (found,) = [c for c in service.causes_between(DAY, days=1, now=EVE) if c.festival_key]
    db.session.rollback()
    return found


def started(cause, *, now=EVE):
    with transaction():
        run_id = service.start_run(DAY, days=1, worker="other", now=now)
        service.open_round(cause, run_id=run_id, now=now)
    return run_id


def stored(model):
    db.session.rollback()
    found = db.session.scalars(sa.select(model)).all()
    db.session.expunge_all()
    db.session.rollback()
    return found


def test_what_one_leaves_the_next_takes_over(run, cause):
    for _ in range(5):
        make_customer()
    run_id = started(cause)
    with transaction():
        service.plan_batch(cause, run_id=run_id, now=EVE)
    with pytest.raises(KeyboardInterrupt):
        _die_in_a_batch(cause, run_id)

    line = run()[-1]

    assert "5 due, 3 planned, 2 planned before" in line
    assert len(stored(CareMessage)) == 5
    assert [batch.run_id == run_id for batch in _batches()] == [True, False, False]


def _die_in_a_batch(cause, run_id):
    with transaction():
        service.plan_batch(cause, run_id=run_id, now=EVE)
        raise KeyboardInterrupt


def _batches():
    return sorted(stored(PlanBatch), key=lambda batch: batch.number)


def test_no_batch_is_planned_by_two(app, run, cause, backend):
    if backend == "sqlite":
        pytest.skip("SQLite lets one writer in at a time")
    for _ in range(7):
        make_customer()
    mine, theirs = started(cause), started(cause)
    with transaction():  # the first of all decisions stores what the others share
        service.plan_batch(cause, run_id=mine, now=EVE)

    def plan_beside():
        with app.app_context(), transaction():
            step = service.plan_batch(cause, run_id=theirs, now=EVE)
            return step.seen

    with transaction():
        assert service.plan_batch(cause, run_id=mine, now=EVE).seen == 2
        assert run_beside(plan_beside)() == 2

    assert [batch.run_id for batch in _batches()] == [mine, mine, theirs, None]


def test_a_later_run_finds_newcomers_and_leaves_the_rest(run):
    for _ in range(5):
        make_customer()
    run()
    before = {message.id for message in stored(CareMessage)}
    assert "0 planned, 5 planned before" in run()[-1]
    newcomer = make_customer()

    assert "1 planned, 5 planned before" in run()[-1]

    (message,) = (m for m in stored(CareMessage) if m.id not in before)
    assert message.customer_id == newcomer.id
    assert len(_batches()) == 1, "the round before is forgotten"


def test_a_run_that_comes_when_others_are_done_does_not_look_again(run, cause):
    with transaction():
        contact_frequency.opt_out(make_customer().phone, at=EVE, source="inbound:1")
    late = started(cause)
    with transaction():
        assert service.plan_batch(cause, run_id=late, now=EVE).seen == 1
    between = started(cause, now=EVE - timedelta(minutes=1))

    with transaction():
        assert service.plan_batch(cause, run_id=between, now=EVE) is None


def test_who_comes_in_between_has_room(run, cause, monkeypatch):
    make_customer()
    run_id = started(cause)
    for _ in range(4):
        make_customer()
    monkeypatch.setattr(rounds, "CHUNK", 3)

    seen = []
    for _ in range(2):
        with transaction():
            seen.append(service.plan_batch(cause, run_id=run_id, now=EVE).seen)

    assert seen == [3, 2]
    with transaction():
        assert service.plan_batch(cause, run_id=run_id, now=EVE) is None


def test_a_run_keeps_its_numbers(run):
    make_customer()
    make_customer(phone=None)

    run()

    (found,) = stored(PlanRun)
    assert (found.first_on, found.days, found.ended_at) == (DAY, 1, EVE)
    assert (found.due, found.planned, found.segments, found.already) == (2, 1, 1, 0)
    assert found.blocked == {"no_phone": 1}


def test_a_dry_run_tells_each_occasion_with_its_cost(run):
    make_template()
    make_customer(birth_on=date(1980, 9, 25), name="王虚构")
    make_customer()
    make_customer(phone=None)

    *occasions, total = run("--dry-run")

    assert occasions == [
        "  2026-09-25 birthday: 1 due, 1 planned, 0 planned before, 0 blocked; 1 SMS parts",
        (
            "  2026-09-25 mid_autumn: 3 due, 1 planned, 0 planned before, "
            "2 blocked (coalesced 1, no_phone 1); 1 SMS parts"
        ),
    ]
    assert total.endswith("2 blocked (coalesced 1, no_phone 1); 2 SMS parts")
    assert stored(PlanRun) == stored(PlanBatch) == stored(PlanRefusal) == []


def _refusals():
    found = [d for d in stored(StoredDecision) if d.verdict is Verdict.BLOCKED]
    return sorted(found, key=lambda decision: decision.id)


def test_who_is_always_refused_leaves_one_decision(run, at):
    customer = make_customer()
    with transaction():
        contact_frequency.opt_out(customer.phone, at=EVE, source="inbound:1")

    for minutes in range(3):
        at(EVE + timedelta(minutes=minutes))
        assert "opted_out 1" in run()[-1]

    (decision,) = _refusals()
    assert contact_frequency.replay(decision) == decision.trace
    (refusal,) = stored(PlanRefusal)
    assert (refusal.reason, refusal.decision_id) == ("opted_out", decision.id)
    assert (refusal.customer_id, refusal.created_at) == (customer.id, EVE)


def test_other_reasons_are_another_decision(run, at):
    customer = make_customer()
    with transaction():
        contact_frequency.opt_out(customer.phone, at=EVE, source="inbound:1")
    run()
    with transaction():
        contact_frequency.place_hold(
            HoldKind.LEAVE_ALONE, customer_id=customer.id, from_at=EVE, reason="x", by_id=None
        )
    run()
    run()

    first, second = _refusals()
    (refusal,) = stored(PlanRefusal)
    assert (refusal.decision_id, second.id > first.id) == (second.id, True)


def test_who_is_greeted_after_all_is_refused_no_more(run):
    customer = make_customer()
    with transaction():
        hold = contact_frequency.place_hold(
            HoldKind.LEAVE_ALONE, customer_id=customer.id, from_at=EVE, reason="x", by_id=None
        )
    run()
    assert len(stored(PlanRefusal)) == 1
    with transaction():
        contact_frequency.lift_hold(hold.id, reason="x", by_id=None, at=EVE)

    assert " 1 planned" in run()[-1]
    assert stored(PlanRefusal) == []
