"""Phones of one account manager tell of one visit at the same moment."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.contact_frequency.models import Slot
from crm_api.kit.db import db
from crm_api.sync.models import SyncIssue
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.visits import contacts
from tests.support.feeds import assert_feeds_true, follow
from tests.sync_pushing.test_at_once import PHONES, at_once
from tests.sync_pushing.visits import HOUR, a_note, a_visit, an_objective, created, made, recorded

pytestmark = pytest.mark.heavy


def test_a_visit_that_every_phone_tells_of_is_one_visit(app, owner, phone, customer, moment):
    keep_default_policies(moment - 720 * HOUR)
    follow(owner)
    began = moment - 2 * HOUR

    def whole(number):
        row = a_visit(customer, starts_at=began, **made(began), **recorded(began))
        return created(
            visits=[row],
            visit_objectives=[an_objective(outcome="met")],
            visit_notes=[a_note(began, id=f"n-{number}")],
        )

    replies = at_once(app, owner, lambda sender, number: sender.send(whole(number)))

    # Who comes after the record is closed has its note refused, and it lies among the issues.
    refused = [r["code"] for reply in replies for r in reply.json["rejections"]]
    assert refused == ["visit_closed"] * (PHONES - 1)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SyncIssue)) == PHONES - 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Slot)) == 1
    assert len(contacts(phone.caller, customer)) == 1
    assert_feeds_true(app)
