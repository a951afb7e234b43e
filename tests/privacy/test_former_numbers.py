"""A number that somebody else has by now goes on counting what rang on it."""

from __future__ import annotations

import sqlalchemy as sa

from crm_api.contact_frequency.models import SlotSubject
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.privacy.conftest import PHONE, ok
from tests.privacy.test_erasures import erased


def _rung():
    with transaction(read_only=True):
        counted = sa.select(sa.func.count()).where(SlotSubject.subject_id == PHONE)
        return db.session.scalar(counted)


def test_what_rang_on_a_number_that_went_to_another_still_counts(known):
    [phone] = known.caller.get(f"{known.path}/phones").json["items"]
    assert known.caller.delete(f"{known.path}/phones/{phone['id']}").status_code == 204
    ok(known.caller.post(f"/v1/customers/{known.relative.id}/phones", json={"number": PHONE}))
    before = _rung()

    erased(known)

    assert before == _rung() > 0
