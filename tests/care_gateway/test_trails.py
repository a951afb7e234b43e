"""What people decide about messages, words and phones stays on record: who, what, when, why."""

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.care.wording import service as wording
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import MORNING, make_message
from tests.factories.accounts import make_staff
from tests.factories.care import make_template
from tests.factories.customers import make_customer


def trail(subject_id):
    """Return what is on record of something: what was done, by whom, when, and the details."""
    db.session.rollback()
    wanted = sa.select(AuditEntry).where(AuditEntry.subject_id == subject_id)
    found = db.session.scalars(wanted.order_by(AuditEntry.id)).all()
    return [(entry.action, entry.by_id, entry.created_at, entry.details) for entry in found]


@pytest.fixture
def boss(now):
    return make_staff(Role.ADMIN)


def test_who_settled_a_doubt_and_how(gateway, boss, sign_in):
    message = make_message()
    gateway.ack(*gateway.begun(), "unknown")
    body = {"outcome": "not_sent", "note": "the log says so"}

    for _ in range(2):
        sign_in(boss).put(f"/v1/care-messages/{message.id}/settlement", json=body)

    assert trail(message.id) == [("care_message.settled", boss.id, MORNING, body)]


def test_who_read_a_long_refusal_and_how(gateway, boss, sign_in):
    gateway.bring("请不要再给我发短信", number=make_customer().phone)
    desk = sign_in(boss)
    [reply] = desk.get("/v1/care-replies?awaiting_review=true").json["items"]

    for _ in range(2):
        desk.put(f"/v1/care-replies/{reply['id']}/review", json={"is_refusal": True})

    read = {"is_refusal": True}
    assert trail(reply["id"]) == [("care_inbound.reviewed", boss.id, MORNING, read)]


def test_who_let_words_reach_customers_and_took_them_back(boss):
    template = make_template(by=boss)
    with transaction():
        wording.withdraw_version(template.id, 1, reason="typo", by=boss, now=MORNING)
    with transaction():
        wording.retire_template(template.id, reason="old", by=boss, now=MORNING)

    approved, withdrawn, retired = trail(template.id)

    assert (approved[0], approved[3]) == ("care_template.approved", {"number": 1})
    assert approved[1] != boss.id
    assert withdrawn == ("care_template.withdrawn", boss.id, MORNING, {"number": 1})
    assert retired == ("care_template.retired", boss.id, MORNING, {})


def test_who_let_a_phone_in_and_took_it_out(boss, sign_in):
    desk = sign_in(boss)
    phone = desk.post("/v1/smsgate-devices", json={"name": "phone"}).json["device_id"]
    for _ in range(2):
        desk.put(f"/v1/smsgate-devices/{phone}/removal")

    told = [(what, who) for what, who, _, _ in trail(phone) if what.startswith("smsgate_device.")]

    assert told == [("smsgate_device.invited", boss.id), ("smsgate_device.removed", boss.id)]
