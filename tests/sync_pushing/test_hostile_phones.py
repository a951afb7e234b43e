"""Phones that lie, lag or blunder: nobody else is harmed, and nothing that was written is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crm_api.kit.db import db
from crm_api.sync.models import SyncIssue
from crm_api.visits.models import Visit
from tests.factories.accounts import make_staff
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.sync_pushing.phone import Phone, codes, send
from tests.sync_pushing.visits import a_person, a_visit, created

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def policies(moment, owner):
    """The caps are in force."""
    keep_default_policies(moment - 30 * DAY)


def test_what_hangs_on_a_visit_to_be_mended_waits_with_it(phone, whole, seen):
    body = whole()
    [visit] = body["visits"]["created"]
    visit["place"] = "x" * 501

    reply = send(phone, body)
    visit["place"] = "示范路 8 号"
    again = send(phone, body)

    assert set(codes(reply)) == {("visits", "invalid", True)} | {
        (f"visit_{part}", "visit_pending", True) for part in ("objectives", "persons", "notes")
    }
    assert again["rejections"] == []
    assert len(seen()["objectives"]) == len(seen()["persons"]) == 1
    assert db.session.scalar(sa.select(SyncIssue)) is None


def test_the_id_of_a_stranger_spoils_no_visit(phone, sign_in, customer, moment):
    stranger = make_staff()
    theirs = a_visit(make_customer(stranger), starts_at=moment + DAY, id="v-9")
    persons = [a_person(visit_id="v-9")]
    send(Phone(sign_in(stranger)), created(visits=[theirs], visit_persons=persons))

    mine = a_visit(customer, starts_at=moment + DAY)
    reply = send(phone, created(visits=[mine], visit_persons=[a_person()]))

    assert codes(reply) == [("visit_persons", "not_found", False)]
    assert db.session.get(Visit, "v-1").customer_id == customer.id
