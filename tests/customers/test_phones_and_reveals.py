from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.audit.models import AuditEntry
from crm_api.customers.models import Customer
from crm_api.customers.service import add_customers
from crm_api.customers.terms import DocumentType
from crm_api.kit.crypto import KeyMissing, blind_index, decrypt, encrypt
from crm_api.kit.db import db
from crm_api.kit.idempotency import IdempotencyKey
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support import databases

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def path_of(customer):
    return f"/v1/customers/{customer.id}"


def configure(database_url, **changes):
    config.configure(databases.settings_for(database_url, **changes))


def trail(customer):
    with transaction(read_only=True):
        entries = sa.select(AuditEntry).where(AuditEntry.subject_id == customer.id)
        return [(e.action, e.by_id, e.details) for e in db.session.scalars(entries)]


def test_numbers_come_and_go_and_one_is_written_to(caller, owner):
    customer = make_customer(owner, phone=None)
    phones = f"{path_of(customer)}/phones"

    home = caller.post(phones, json={"number": "010-65529988", "label": "home"})
    first = caller.post(phones, json={"number": "13912340001"})
    second = caller.post(phones, json={"number": "13912340002"})
    assert [p.json["is_primary"] for p in (home, first, second)] == [False, True, False]

    chosen = caller.put(f"{path_of(customer)}/primary-phone", json={"phone_id": second.json["id"]})
    assert chosen.json["is_primary"]
    assert caller.get(path_of(customer)).json["phone"] == "+86****0002"

    assert caller.delete(f"{phones}/{second.json['id']}").status_code == 204
    listed = caller.get(phones).json["items"]
    assert [(p["number"], p["is_primary"]) for p in listed] == [
        ("+86****9988", False),
        ("+86****0001", True),
    ]
    caller.delete(f"{phones}/{first.json['id']}")
    assert caller.get(path_of(customer)).json["phone"] is None


def test_a_landline_takes_no_messages(caller, owner):
    customer = make_customer(owner)
    home = caller.post(f"{path_of(customer)}/phones", json={"number": "010-65529988"}).json

    reply = caller.put(f"{path_of(customer)}/primary-phone", json={"phone_id": home["id"]})

    assert reply.json["errors"][0]["pointer"] == "/phone_id"


def test_a_number_is_kept_once(caller, owner):
    phones = f"{path_of(make_customer(owner))}/phones"
    first = caller.post(phones, json={"id": "p1", "number": "13912340001"})

    again = caller.post(phones, json={"id": "p1", "number": "+86 139 1234 0001"})
    known = caller.post(phones, json={"number": "13912340001"})
    taken = caller.post(phones, json={"id": "p1", "number": "13912340002"})

    assert again.json == first.json
    assert (known.status_code, known.json["code"]) == (409, "phone_known")
    assert (taken.status_code, taken.json["code"]) == (409, "id_taken")


def test_nobody_answers_more_than_ten(caller, owner):
    phones = f"{path_of(make_customer(owner))}/phones"
    replies = [caller.post(phones, json={"number": f"139123400{n:02d}"}) for n in range(10)]

    assert [r.status_code for r in replies] == [201] * 9 + [409]
    assert replies[-1].json["code"] == "too_many_phones"


def test_a_reveal_takes_a_reason_and_leaves_a_trace(caller, owner):
    customer = make_customer(owner, document_type="passport", document_number="X123456789")
    reveals = f"{path_of(customer)}/reveals"

    unreasoned = caller.post(reveals, json={"field": "phone"})
    phone = caller.post(reveals, json={"field": "phone", "reason": "to call back"})
    document = caller.post(reveals, json={"field": "document_number", "reason": "new contract"})

    assert unreasoned.status_code == 422
    assert (phone.json["field"], phone.json["value"]) == ("phone", customer.phone)
    assert document.json["value"] == "X123456789"
    kept = trail(customer)
    assert [(action, by) for action, by, _ in kept] == [("customer.revealed", owner.id)] * 2
    assert kept[0][2] == {"field": "phone", "phone_id": None, "reason": "to call back"}
    assert "X123456789" not in str(kept)


def test_another_phone_may_be_revealed_and_a_strangers_not(caller, owner):
    customer, other = make_customer(owner), make_customer(owner)
    extra = caller.post(f"{path_of(customer)}/phones", json={"number": "13912340001"}).json
    wanted = {"field": "phone", "phone_id": extra["id"], "reason": "to call"}

    assert caller.post(f"{path_of(customer)}/reveals", json=wanted).json["value"].endswith("0001")
    assert caller.post(f"{path_of(other)}/reveals", json=wanted).status_code == 404


def test_what_is_not_kept_cannot_be_revealed(caller, owner):
    customer = make_customer(owner)

    reply = caller.post(
        f"{path_of(customer)}/reveals", json={"field": "document_number", "reason": "x"}
    )

    assert (reply.status_code, reply.json["code"]) == (409, "nothing_to_reveal")
    assert trail(customer) == []


def test_a_day_has_its_quota_and_the_refusal_is_remembered(caller, owner, database_url, at):
    configure(database_url, reveals_per_day=2)
    customers = [make_customer(owner) for _ in range(3)]
    wanted = {"field": "phone", "reason": "to call"}

    at(datetime(2026, 3, 2, 15, 59, 30, tzinfo=UTC))  # half a minute before local midnight
    replies = [caller.post(f"{path_of(c)}/reveals", json=wanted) for c in customers]
    at(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))
    next_day = caller.post(f"{path_of(customers[2])}/reveals", json=wanted)

    assert [r.status_code for r in replies] == [200, 200, 429]
    assert replies[-1].json["code"] == "reveal_quota_spent"
    assert replies[-1].headers["Retry-After"] == "30"
    assert next_day.status_code == 200
    assert [action for action, *_ in trail(customers[2])] == [
        "customer.reveal_refused",
        "customer.revealed",
    ]


def test_a_revealed_value_is_not_kept_with_its_idempotency_key(caller, owner):
    customer = make_customer(owner, document_type="passport", document_number="X123456789")

    reply = caller.post(
        f"{path_of(customer)}/reveals",
        json={"field": "document_number", "reason": "x"},
        headers={"Idempotency-Key": "k1"},
    )

    assert reply.status_code == 200
    with transaction(read_only=True):
        assert db.session.scalars(sa.select(IdempotencyKey)).all() == []


def stored_number(customer):
    with transaction(read_only=True):
        statement = sa.text("SELECT document_number FROM customers WHERE id = :id")
        return db.session.execute(statement, {"id": customer.id}).scalar_one()


def test_keys_rotate_without_a_gap(app, owner, database_url):
    configure(database_url, data_keys={"old": OLD})
    customer = make_customer(owner, document_type="passport", document_number="X123456789")
    assert stored_number(customer).startswith("old:")

    configure(database_url, data_keys={"new": NEW, "old": OLD})
    for _ in range(2):
        done = app.test_cli_runner().invoke(args=["customers", "encrypt-anew"])
        assert done.exit_code == 0, done.output
    assert stored_number(customer).startswith("new:")

    configure(database_url, data_keys={"new": NEW})
    with transaction(read_only=True):
        db.session.expire_all()
        assert db.session.get(Customer, customer.id).document_number == "X123456789"


@pytest.mark.parametrize("few", [1, 1_000])
def test_a_document_is_encrypted_however_it_travels(owner, monkeypatch, few):
    monkeypatch.setattr("crm_api.kit.bulk.FEW", few)
    facts = {
        "name": "虚构",
        "team_id": owner.team_id,
        "owner_id": owner.id,
        "document_type": DocumentType.PASSPORT,
        "document_number": "x 123",
    }
    with transaction():
        add_customers([facts, {**facts, "document_number": "X124"}], by_id=owner.id, now=NOW)

    customers = db.session.scalars(sa.select(Customer).order_by(Customer.id)).all()
    assert [c.document_number for c in customers] == ["X123", "X124"]
    assert all(stored_number(c).startswith("d1:") for c in customers)
    assert len({c.document_index for c in customers}) == 2


def test_a_lost_key_is_said_to_be_lost():
    sealed = encrypt("X1", keys={"old": OLD}, purpose="p")

    with pytest.raises(KeyMissing, match="old"):
        decrypt(sealed, keys={"new": NEW}, purpose="p")


def test_what_is_encrypted_twice_looks_different_and_opens_in_its_column_only():
    from cryptography.exceptions import InvalidTag

    first, second = (encrypt("X1", keys={"k": OLD}, purpose="p") for _ in range(2))

    assert first != second
    assert decrypt(first, keys={"k": OLD}, purpose="p") == "X1"
    with pytest.raises(InvalidTag):
        decrypt(first, keys={"k": OLD}, purpose="another column")


def test_the_blind_index_is_equal_for_equals_only():
    one = blind_index("X1", key=OLD, purpose="p")

    assert one == blind_index("X1", key=OLD, purpose="p")
    assert (
        len({one, blind_index("X2", key=OLD, purpose="p"), blind_index("X1", key=NEW, purpose="p")})
        == 3
    )


def test_a_number_that_is_not_written_to_goes_without_a_word(caller, owner):
    customer = make_customer(owner)
    extra = caller.post(f"{path_of(customer)}/phones", json={"number": "13912340001"}).json

    assert caller.delete(f"{path_of(customer)}/phones/{extra['id']}").status_code == 204
    assert caller.get(path_of(customer)).json["version"] == 1
