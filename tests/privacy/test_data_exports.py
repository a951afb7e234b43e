"""A customer gets all that is kept of them, and taking it out leaves a trace."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.privacy.policies.inventory import HELD
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer
from tests.privacy.conftest import DOCUMENT, MARK, PHONE, ok

WHY = {"reason": "Asked by letter."}


def test_it_holds_every_table_and_all_that_was_said(known, people):
    other = make_customer(people.owner)

    bundle = ok(known.lead.post(f"{known.path}/data-exports", json=WHY))

    assert set(bundle["tables"]) == set(HELD)
    assert bundle["tables"]["customers"][0]["document_number"] == DOCUMENT
    assert bundle["tables"]["customer_phones"][0]["number"] == PHONE
    marked = {name for name, rows in bundle["tables"].items() if MARK in str(rows)}
    assert marked >= {
        "anniversaries",
        "care_inbound",
        "contact_texts",
        "customer_changes",
        "customer_places",
        "do_not_disturb_wishes",
        "extended_profiles",
        "follow_ups",
        "promises",
        "visit_records",
    }
    assert other.id not in str(bundle)
    assert "salt" not in bundle["tables"]["contact_texts"][0]


def test_it_leaves_a_trace_and_is_not_kept_with_its_key(known, people):
    headers = {"Idempotency-Key": "k9"}
    ok(known.lead.post(f"{known.path}/data-exports", json=WHY, headers=headers))

    with transaction(read_only=True):
        wanted = sa.select(AuditEntry).where(AuditEntry.action == "customer.exported")
        [entry] = db.session.scalars(wanted)
        assert (entry.by_id, entry.subject_id) == (people.manager.id, known.id)
        assert entry.details["reason"] == WHY["reason"]


def test_it_is_for_leaders_of_the_team(known, sign_in):
    path = f"{known.path}/data-exports"
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    assert known.caller.post(path, json=WHY).status_code == 403
    assert stranger.post(path, json=WHY).status_code == 404
    assert known.lead.post(path, json={}).status_code == 422
