"""Eight processes, one override: whatever the engine, it lets one contact through."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.contact_frequency import queries
from crm_api.contact_frequency.errors import ContactBlocked, OverrideQuotaSpent
from crm_api.contact_frequency.models import Override, Slot
from crm_api.contact_frequency.service import overrides
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.contact_frequency.test_races import ask_at_once, noon_in_days, own_app
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

__all__ = ["own_app"]
PROCESSES = 8


def refused(customer, at):
    with pytest.raises(ContactBlocked) as refusal:
        reserve(make_plan(customer, at))
    return refusal.value.decision.id


def asked(decision_id, *, by, now):
    return in_transaction(
        overrides.ask_override,
        decision_id,
        tolerance_minutes=0,
        reason="It cannot wait.",
        by=by,
        now=now,
    ).id


@pytest.mark.heavy
def test_used_by_eight_processes_at_once_it_works_once(own_app, own_database_url):
    team = make_team()
    owner, leader = make_staff(team=team), make_staff(Role.MANAGER, team)
    customer, at = make_customer(owner), noon_in_days(3) + timedelta(hours=1)
    reserve(make_plan(customer, noon_in_days(3)))
    now = clock.now()
    override_id = asked(refused(customer, at), by=owner, now=now)
    in_transaction(overrides.approve_override, override_id, reason="So be it.", by=leader, now=now)
    wanted = {"customer_id": customer.id, "channel": "call", "at": at.isoformat()}
    wanted["override_id"] = override_id

    db.session.rollback()  # nobody waits for this process

    answers = ask_at_once(own_database_url, [wanted] * PROCESSES)

    won = [a["slot_id"] for a in answers if a["slot_id"]]
    assert len(won) == 1
    lost = [a for a in answers if not a["slot_id"]]
    assert {(a["code"], a["state"]) for a in lost} == {("override_settled", "used")}
    db.session.rollback()
    under = sa.select(Slot.id).where(Slot.override_id == override_id)
    assert db.session.scalars(under).all() == won
    assert db.session.get(Override, override_id, populate_existing=True).slot_id == won[0]
    assert queries.find_breaches() == []


def test_two_approvals_at_once_cannot_both_be_the_last_one(own_app, monkeypatch):
    """Each waits, before it counts, until the other is about to count as well."""
    config.configure(replace(config.current(), overrides_per_week=1))
    team = make_team()
    owner, leader = make_staff(team=team), make_staff(Role.MANAGER, team)
    now, waiting = clock.now(), []
    for _ in range(2):
        customer = make_customer(owner)
        reserve(make_plan(customer, noon_in_days(3)))
        decision_id = refused(customer, noon_in_days(3) + timedelta(hours=1))
        waiting.append(asked(decision_id, by=owner, now=now))
    db.session.rollback()
    both, count = threading.Barrier(2), overrides.overrides.last_approvals

    def counted(*args, **kwargs):
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        return count(*args, **kwargs)

    monkeypatch.setattr(overrides.overrides, "last_approvals", counted)
    answers = []

    def approve(override_id):
        with own_app.app_context():
            try:
                with transaction():
                    overrides.approve_override(override_id, reason="So be it.", by=leader, now=now)
                answers.append("approved")
            except OverrideQuotaSpent as spent:
                answers.append(spent.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=approve, args=[override_id]) for override_id in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["approved", "override_quota_spent"]
