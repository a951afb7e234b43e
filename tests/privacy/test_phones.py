"""What phones sent in vain is forgotten with whom it is about, and not kept if it comes later."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.customers import service as customers
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.models import SyncIssue
from tests.factories.accounts import make_staff
from tests.privacy.conftest import MARK, traces_left
from tests.privacy.test_erasures import erased
from tests.sync_pushing.phone import Phone, codes, send
from tests.sync_pushing.visits import a_note, a_visit, created


def edits(known, moment):
    """A note on the visit that is closed, a visit with its note, a day, an edit of the profile."""
    day = {"id": "d-9", "customer_id": known.id, "kind": "other", "label": MARK, "month": 5}
    body = created(
        visits=[a_visit(known, starts_at=moment, place=MARK)],
        visit_notes=[
            a_note(moment, visit_id=known.visit["id"], text=MARK),
            a_note(moment, id="n-2", text=MARK),
        ],
        anniversaries=[{**day, "day": 5, "calendar": "solar"}],
    )
    body["profiles"] = {"updated": [{"id": known.id, "remarks": MARK, "_changed": "remarks"}]}
    return body


def test_what_was_refused_before_is_forgotten_with_them(known, moment):
    late = a_note(moment, visit_id=known.visit["id"], text=MARK)
    reply = send(Phone(known.caller), created(visit_notes=[late]))

    erased(known)

    assert codes(reply) == [("visit_notes", "visit_closed", False)]
    assert traces_left() == set()


def test_a_former_owners_refused_words_are_forgotten_as_well(known, people, team, moment):
    given = {"owner_id": make_staff(team=team).id, "reason": "Moved.", "by": people.manager}
    with transaction():
        customers.transfer_customer(known.id, now=moment, **given)
    edit = {"id": known.id, "remarks": MARK, "_changed": "remarks"}

    reply = send(Phone(known.caller), {"profiles": {"updated": [edit]}})
    erased(known)

    assert codes(reply) == [("profiles", "not_found", False)]
    assert traces_left() == set()


def test_who_was_forgotten_does_not_come_back_by_a_phone(known, moment):
    erased(known)

    reply = send(Phone(known.caller), edits(known, moment))

    assert {(code, is_fixable) for _, code, is_fixable in codes(reply)} == {("not_found", False)}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SyncIssue)) == 5
    # The visit never came to be; what was noted on it is theirs all the same.
    send(Phone(known.caller), created(visit_notes=[a_note(moment, id="n-3", text=MARK)]))
    assert traces_left() == set()
