"""Eight processes, one override: whatever the engine, it lets one contact through."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.contact_frequency import queries
from crm_api.contact_frequency.errors import ContactBlocked
from crm_api.contact_frequency.models import Override, Slot
from crm_api.contact_frequency.service import overrides
from crm_api.kit import clock
from crm_api.kit.db import db
from tests.contact_frequency.test_races import ask_at_once, noon_in_days, own_app
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import in_transaction, make_plan, reserve
from tests.factories.customers import make_customer

__all__ = ["own_app"]
PROCESSES = 8


@pytest.mark.heavy
def test_used_by_eight_processes_at_once_it_works_once(own_app, own_database_url):
    team = make_team()
    owner, leader = make_staff(team=team), make_staff(Role.MANAGER, team)
    customer, at = make_customer(owner), noon_in_days(3) + timedelta(hours=1)
    reserve(make_plan(customer, noon_in_days(3)))
    with pytest.raises(ContactBlocked) as refused:
        reserve(make_plan(customer, at))
    now = clock.now()
    override = in_transaction(
        overrides.ask_override,
        refused.value.decision.id,
        tolerance_minutes=0,
        reason="It cannot wait.",
        by=owner,
        now=now,
    )
    in_transaction(overrides.approve_override, override.id, reason="So be it.", by=leader, now=now)
    wanted = {"customer_id": customer.id, "channel": "call", "at": at.isoformat()}

    wanted["override_id"] = override.id
    db.session.rollback()  # nobody waits for this process

    answers = ask_at_once(own_database_url, [wanted] * PROCESSES)

    won = [a["slot_id"] for a in answers if a["slot_id"]]
    assert len(won) == 1
    lost = [a for a in answers if not a["slot_id"]]
    assert {(a["code"], a["state"]) for a in lost} == {("override_settled", "used")}
    db.session.rollback()
    under = sa.select(Slot.id).where(Slot.override_id == override.id)
    assert db.session.scalars(under).all() == won
    assert db.session.get(Override, override.id, populate_existing=True).slot_id == won[0]
    assert queries.find_breaches() == []
