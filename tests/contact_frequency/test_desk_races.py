"""Nobody reserves under a policy after the next one took effect, however closely they meet."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.desk.service import approving, drafting, simulating
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import PolicyVersion, Slot
from crm_api.contact_frequency.policies import DEFAULT_RULES
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import reading_apart, transaction
from tests.contact_frequency.test_races import DAY, ask_at_once, noon_in_days, own_app
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import (
    in_transaction,
    keep_default_policies,
    make_plan,
    reserve,
)
from tests.factories.customers import make_customer

__all__ = ["own_app"]  # a fixture
PAUSE = 0.5
TOTAL = next(rule for rule in DEFAULT_RULES if rule.key == "total_7_days")


def a_draft_of_none():
    """Draft that nobody is contacted any more, and simulate it."""
    author, now = make_staff(Role.ADMIN), clock.now()
    policy_id = db.session.scalar(
        sa.text("SELECT id FROM frequency_policies WHERE key = 'total_7_days'")
    )
    draft = in_transaction(
        drafting.draft_change,
        policy_id,
        rule=replace(TOTAL, limit=0),
        is_retired=False,
        effective_from=None,
        reason="nobody any more",
        by=author,
        now=now,
    )
    in_transaction(simulating.simulate_draft, draft["id"], by=author, now=now)
    return draft["id"]


@pytest.fixture
def live(app):
    """The real clock, under the policies we ship."""
    keep_default_policies(clock.now() - 30 * DAY)
    return app


def _beside(app, work):
    """Run a piece of work in a transaction of its own that stays open for a while."""
    done, told = threading.Event(), {}

    def run():
        with app.app_context():
            try:
                with transaction():
                    told["answer"] = work()
                    done.set()
                    time.sleep(PAUSE)
                    told["ended"] = time.monotonic()
            finally:
                done.set()
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(10)
    return thread, told


def test_a_reservation_waits_for_an_approval_under_way(live):
    """Else it would read its time after the new version's, and its policies before."""
    customer, admin, draft_id = make_customer(), make_staff(Role.ADMIN), a_draft_of_none()
    plan = make_plan(customer, noon_in_days(2))
    db.session.rollback()
    thread, told = _beside(
        live, lambda: approving.approve_draft(draft_id, reason="x", expected=1, by=admin)
    )

    with pytest.raises(ContactBlocked) as refused:
        reserve(plan)

    thread.join()
    assert told["answer"]["state"] == "approved"
    assert {r.policy_version for r in refused.value.decision.reasons} == {2}


def test_an_approval_waits_for_the_reservations_under_way(live):
    customer, admin, draft_id = make_customer(), make_staff(Role.ADMIN), a_draft_of_none()
    plan = make_plan(customer, noon_in_days(2))
    db.session.rollback()
    thread, told = _beside(live, lambda: contact_frequency.reserve_slot(plan, by_id=None).id)

    in_transaction(approving.approve_draft, draft_id, reason="x", expected=1, by=admin)

    approved = time.monotonic()
    thread.join()
    effective_from = db.session.scalar(sa.select(sa.func.max(PolicyVersion.effective_from)))
    made_at = db.session.scalar(sa.select(Slot.created_at).where(Slot.id == told["answer"]))
    assert approved >= told["ended"]
    assert made_at + timedelta(seconds=PAUSE / 2) < effective_from


@pytest.mark.heavy
def test_of_two_approvals_one_makes_a_version_and_nothing_is_reserved_after(
    own_app, own_database_url
):
    draft_id = a_draft_of_none()
    first, second = make_staff(Role.ADMIN), make_staff(Role.ADMIN)
    at = noon_in_days(3).isoformat()
    people = [[make_customer().id for _ in range(12)] for _ in range(4)]
    askers = [[{"customer_id": i, "channel": "call", "at": at} for i in ids] for ids in people]
    approvals = [{"draft_id": draft_id, "by": who.id, "after": 0.2} for who in (first, second)]

    *asked, one, other = ask_at_once(own_database_url, [*askers, *approvals])

    assert sorted([one["code"] or "", other["code"] or ""]) == ["", "draft_settled"]
    versions = db.session.scalars(sa.select(PolicyVersion).where(PolicyVersion.number == 2)).all()
    assert len(versions) == 1
    answers = [answer for answers in asked for answer in answers]
    late = sa.select(sa.func.count()).where(Slot.created_at >= versions[0].effective_from)
    assert db.session.scalar(late) == 0
    assert {answer["slot_id"] is None for answer in answers} == {True, False}


def test_a_long_look_keeps_nobody_waiting(live):
    customer = make_customer()
    plan = make_plan(customer, noon_in_days(2))
    with reading_apart():
        before = db.session.scalar(sa.select(sa.func.count()).select_from(Slot))
        thread, told = _beside(live, lambda: contact_frequency.reserve_slot(plan, by_id=None).id)
        thread.join()
        after = db.session.scalar(sa.select(sa.func.count()).select_from(Slot))

    assert told["answer"] is not None
    assert (before, after) == (0, 0)  # one state of the database, however long it takes
    assert db.session.get(Slot, told["answer"]) is not None
