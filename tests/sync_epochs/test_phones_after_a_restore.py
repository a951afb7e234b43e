"""A restored server answers no phone of the age before, until that has sent what was lost."""

from __future__ import annotations

import pytest

from crm_api import config
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from crm_api.sync.epochs import service
from crm_api.sync.models import Phone
from tests.factories.accounts import make_staff
from tests.factories.customers import make_customer
from tests.support import databases

HEADERS = {"X-Device-Id": "phone-1", "X-App-Version": "1.4.0"}


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner, device_id="phone-1")


def pull(caller, cursor="", **headers):
    path = f"/v1/sync/pull?last_pulled_at={cursor}"
    return caller.get(path, headers={**HEADERS, **headers})


def push(caller, customer, cursor, **headers):
    day = {"id": "day-1", "customer_id": customer.id, "kind": "other", "label": "First order"}
    row = {**day, "calendar": "solar", "month": 5, "day": 20, "updated_at": 1}
    return caller.post(
        f"/v1/sync/push?last_pulled_at={cursor}",
        json={"anniversaries": {"created": [row]}},
        headers={**HEADERS, **headers},
    )


def restore(at):
    with transaction():
        service.begin_epoch(restored_to=at, by="Li Wei", now=at)


def test_nothing_that_a_phone_still_holds_is_lost(at, moment, caller, owner):
    at(moment)
    customer = make_customer(owner)
    cursor = pull(caller).json["timestamp"]
    restore(moment)  # of what was pushed since, the server knows nothing

    told = pull(caller, cursor)
    refused = push(caller, customer, cursor)
    pushed = push(caller, customer, cursor, **{"X-Restore-Seen": "2"})
    pulled = pull(caller, cursor, **{"X-Restore-Seen": "2"}).json

    assert (told.status_code, told.json["code"]) == (409, "server_restored")
    assert (told.json["epoch"], told.json["restored_to"]) == (2, "2026-03-03T02:00:00Z")
    assert refused.status_code == 409
    assert pushed.json["rejections"] == []
    assert pulled["experimentalStrategy"] == "replacement"
    assert [row["id"] for row in pulled["changes"]["anniversaries"]["updated"]] == ["day-1"]
    assert pulled["timestamp"] // 10**12 == 2
    assert "experimentalStrategy" not in pull(caller, pulled["timestamp"]).json


def test_an_answer_to_what_this_age_did_not_ask_is_not_believed(at, moment, caller):
    at(moment)
    cursor = pull(caller).json["timestamp"]
    restore(moment)
    seen = {"X-Restore-Seen": "2"}

    assert [pull(caller, cursor, **seen).status_code for _ in range(2)] == [409, 200]


def test_a_phone_that_the_backup_does_not_know_is_stopped_as_well(at, moment, caller, owner):
    at(moment)
    cursor = pull(caller).json["timestamp"]
    with transaction():
        db.session.query(Phone).delete()
    restore(moment)

    assert [pull(caller, cursor).status_code for _ in range(2)] == [409, 409]
    assert pull(caller, cursor, **{"X-Restore-Seen": "2"}).status_code == 200


def test_a_revoked_phone_neither_brings_nor_takes(at, moment, sign_in, caller, owner):
    at(moment)
    customer = make_customer(owner)
    cursor = pull(caller).json["timestamp"]
    caller.put(f"/v1/sync/phones/{owner.id}/phone-1/revocation", json={"reason": "Lost"})
    again = sign_in(owner, device_id="phone-1")

    replies = [pull(again, cursor), push(again, customer, cursor)]

    assert [(r.status_code, r.json["code"]) for r in replies] == [(403, "device_revoked")] * 2


def test_an_old_app_is_asked_to_update(at, moment, caller, owner, database_url):
    at(moment)
    settings = databases.settings_for(database_url, oldest_app_version="1.5")
    config.configure(settings)

    replies = [pull(caller), push(caller, make_customer(owner), "")]

    assert [(r.status_code, r.json["code"]) for r in replies] == [(426, "upgrade_required")] * 2
    assert replies[0].json["oldest_app_version"] == "1.5"


def test_a_device_that_asks_in_a_loop_waits_and_others_do_not(
    at, moment, owner, sign_in, database_url
):
    at(moment)
    config.configure(databases.settings_for(database_url, syncs_per_minute=2))

    caller, other = (sign_in(owner, device_id=device) for device in ("phone-1", "other"))

    loop = [pull(caller) for _ in range(6)]

    # A minute may end in between: after six, at least two were too many.
    refused = [reply for reply in loop if reply.status_code == 429]
    assert len(refused) >= 2
    assert int(refused[0].headers["Retry-After"]) > 0
    assert pull(other, **{"X-Device-Id": "other"}).status_code == 200


def test_a_device_syncs_by_no_other_name_than_it_was_signed_in_by(caller, owner):
    """Else a phone that was revoked under the one went on under another."""
    renamed = {"X-Device-Id": "phone-2"}

    replies = [pull(caller, **renamed), push(caller, make_customer(owner), "", **renamed)]
    replies.append(caller.get("/v1/sync/poll", headers=renamed))

    assert [(r.status_code, r.json["code"]) for r in replies] == [(403, "other_device")] * 3
    assert caller.get("/v1/sync/phones").json["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"X-App-Version": "new"},
        {"X-App-Version": "\u0661.4"},
        {"X-Restore-Seen": "0"},
    ],
)
def test_a_phone_says_who_it_is(caller, wrong):
    reply = pull(caller, **wrong)

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")
    assert reply.json["errors"][0]["pointer"] == f"/headers/{next(iter(wrong))}"
