"""What was deleted stays deleted, and a deletion is no repeat of what came before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Epoch
from crm_api.visits.models import VisitNote
from tests.factories.contact_frequency import keep_default_policies
from tests.support.feeds import assert_feeds_true, follow
from tests.sync_pushing.phone import Phone, codes, send
from tests.sync_pushing.visits import HOUR, a_note, a_visit, created


@pytest.fixture
def noted(phone, owner, customer, moment):
    """A note of a visit to come, on all phones of its author."""
    keep_default_policies(moment - timedelta(days=30))
    follow(owner)
    visit = a_visit(customer, starts_at=moment + HOUR)
    assert send(phone, created(visits=[visit], visit_notes=[a_note(moment)]))["rejections"] == []
    return a_note(moment)


def notes():
    db.session.rollback()
    return db.session.query(VisitNote).count()


def test_a_deletion_after_an_edit_of_nothing_is_taken(phone, noted):
    send(phone, {"visit_notes": {"updated": [{"id": "n-1", "_changed": ""}]}})

    reply = send(phone, {"visit_notes": {"deleted": ["n-1"]}})

    assert (reply["rejections"], notes()) == ([], 0)


def test_what_another_phone_deleted_is_not_made_anew(app, phone, owner, noted, sign_in):
    send(phone, {"visit_notes": {"deleted": ["n-1"]}})

    reply = send(Phone(sign_in(owner), "phone-2"), created(visit_notes=[noted]))

    assert codes(reply) == [("visit_notes", "not_found", False)]
    assert notes() == 0
    assert_feeds_true(app)


def test_nor_where_a_phone_brings_what_a_restored_backup_may_have_lost(
    phone, owner, noted, sign_in, moment
):
    send(phone, {"visit_notes": {"deleted": ["n-1"]}})
    with transaction():
        db.session.add(Epoch(number=2, began_at=moment, restored_to=moment, by="operator"))
    second, body = Phone(sign_in(owner), "phone-2"), {"visit_notes": {"updated": [noted]}}
    cursor = {"query": "?last_pulled_at=1000000000007"}
    assert second.send(body, **cursor).json["code"] == "server_restored"

    reply = send(second, body, headers={"X-Restore-Seen": "2"}, **cursor)

    assert codes(reply) == [("visit_notes", "not_found", False)]
    assert notes() == 0
