"""The SMSGate app's own protocol over the gateway's service: offering is begin."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role, Scope
from crm_api.care.compat import queries, service
from crm_api.care.compat.routes.offering import offer
from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import SlotState
from crm_api.customers.terms import Category
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.transactions import transaction
from tests.care_compat import recorded
from tests.care_compat.products import APP
from tests.care_gateway.factories import (
    EVENING,
    MORNING,
    contacts_of,
    later,
    make_message,
    make_messages,
    slot_state,
    stored,
)
from tests.factories.accounts import make_staff
from tests.support.callers import Caller

S, L = MessageState, SlotState


def opt_out(message):
    with transaction():
        contact_frequency.opt_out(message.number, at=MORNING, source="test")


def test_a_message_comes_as_the_app_reads_it(phone):
    message = make_message()

    [offered] = phone.messages()

    assert offered == {
        "id": message.id,
        "message": message.text,
        "textMessage": {"text": message.text},
        "phoneNumbers": [message.number],
        "withDeliveryReport": True,
        "isEncrypted": False,
        "validUntil": EVENING.isoformat().replace("+00:00", "Z"),
        "createdAt": MORNING.isoformat().replace("+00:00", "Z"),
    }
    now = stored(message)
    assert (now.state, now.gateway_id, slot_state(message)) == (S.SUBMITTING, phone.id, L.IN_FLIGHT)


def test_it_is_offered_again_to_the_same_phone_only(phone, other_phone, gateway, at):
    message = make_message()
    assert phone.ids() == [message.id]

    for moment in (MORNING, later(minutes=30), later(hours=3)):
        at(moment)
        assert other_phone.ids() == []
        assert gateway.pull()["leased"] == []
        assert phone.ids() == [message.id]


def test_what_was_answered_is_not_offered_again(phone):
    sent, failed, waiting = make_messages(3)
    phone.messages()

    phone.tell(
        recorded.state(sent, "Sent", "Pending", "Processed"),
        recorded.state(failed, "Failed", "Pending", error="TTL expired"),
        recorded.state(waiting, "Processed", "Pending"),
    )

    assert phone.ids() == [waiting.id]


def test_a_few_at_a_time_in_the_order_asked_for(phone):
    messages = [make_message(priority=n) for n in range(12)]

    newest_first, oldest_first = phone.ids(), phone.ids(order="fifo")

    assert oldest_first == [m.id for m in messages[:10]]
    assert newest_first == oldest_first[::-1]
    phone.tell(recorded.state(messages[0], "Sent"))
    assert phone.ids(order="fifo") == [m.id for m in messages[1:11]]


def test_an_opt_out_between_two_offers_ends_them(phone):
    message, other = make_messages(2)
    phone.messages()

    opt_out(message)

    assert phone.ids() == [other.id]
    assert stored(message).state is S.SUBMITTING  # it may have left: a report or a person says


def test_an_opt_out_before_the_first_offer_prevents_it(phone):
    message, other = make_messages(2)
    opt_out(message)

    assert phone.ids() == [other.id]
    assert stored(message).state is S.SUPPRESSED


@pytest.mark.parametrize("later_by", [{"hours": 9, "minutes": 59}, {"hours": 12}, {"days": 3}])
def test_a_phone_that_comes_back_sends_nothing_stale(phone, at, later_by):
    make_message()
    phone.messages()

    at(later(**later_by))

    assert phone.ids() == []


def test_what_a_phone_kept_too_long_leaves_room_for_the_next_day(phone, at):
    make_messages(10)
    assert len(phone.ids()) == 10

    at(later(hours=23))
    fresh = make_message(send_before=later(EVENING, days=1))

    assert phone.ids() == [fresh.id]


@pytest.mark.parametrize(
    ("told", "state", "slot"),
    [
        (["Pending"], S.SUBMITTING, L.IN_FLIGHT),
        (["Processed"], S.SUBMITTING, L.IN_FLIGHT),
        (["Sent"], S.SUBMITTED, L.CONSUMED),
        (["Sent", "Delivered"], S.DELIVERED, L.CONSUMED),
        (["Delivered", "Sent"], S.DELIVERED, L.CONSUMED),
        (["Failed"], S.REJECTED, L.RELEASED),
        (["Failed", "Delivered"], S.DELIVERED, L.CONSUMED),
    ],
)
def test_states_settle_it_in_any_order_and_repeated(phone, told, state, slot):
    message = make_message()
    phone.messages()

    for name in [*told, *told]:
        phone.tell(recorded.state(message, name))

    assert stored(message).state is state
    assert slot_state(message) is slot
    assert len(contacts_of(message)) == (1 if slot is L.CONSUMED else 0)


@pytest.mark.parametrize("passed", [["Pending", "Processed"], ["Pending", "Processed", "Sent"]])
def test_what_failed_on_its_way_out_counts_as_sent(phone, passed):
    message = make_message()
    phone.messages()

    phone.tell(recorded.state(message, "Failed", *passed, error="RESULT_ERROR_GENERIC_FAILURE"))

    assert stored(message).state is S.UNDELIVERED
    assert slot_state(message) is L.CONSUMED


def test_anothers_message_is_not_its_to_settle(phone, other_phone):
    message = make_message()
    phone.messages()

    other_phone.tell(recorded.state(message, "Delivered"))

    assert stored(message).state is S.SUBMITTING


def test_a_day_of_silence_is_a_doubt_that_a_late_state_ends(phone, at, app):
    message = make_message()
    phone.messages()
    at(later(days=1))

    app.test_cli_runner().invoke(args=["care-gateway", "sweep"])

    assert stored(message).state is S.UNCERTAIN
    phone.tell(recorded.state(message, "Sent"))
    assert stored(message).state is S.SUBMITTED


@pytest.mark.parametrize("shape", [recorded.heard, recorded.heard_since_2026])
def test_what_a_customer_writes_silences_the_number(phone, shape):
    message = make_message()
    event = shape("退订", number=message.number, device_id=phone.id)

    replies = [phone.hear(event) for _ in range(2)]

    assert [(r.status_code, r.data) for r in replies] == [(204, b"")] * 2
    assert stored(message).state is S.SUPPRESSED
    assert len(contacts_of(message)) == 1
    assert phone.ids() == []


def test_other_events_change_nothing(phone):
    message = make_message()
    event = {**recorded.heard("TD", number=message.number), "event": "sms:sent"}

    assert phone.hear(event).status_code == 204
    assert stored(message).state is S.QUEUED


@pytest.mark.parametrize(
    "forged",
    [
        {"key": "another"},
        {"signature": "0" * 64},
        {"signature": "名"},
        {"at": MORNING - timedelta(days=1, seconds=1)},
        {"at": MORNING + timedelta(days=1, seconds=1)},
        {"timestamp": "-1"},
        {"timestamp": "٢" * 10},
        {"timestamp": "9" * 11},
    ],
)
def test_what_no_phone_of_ours_signed_is_refused(phone, forged):
    message = make_message()
    forged = {
        n: v.encode().decode("latin-1") if isinstance(v, str) else v for n, v in forged.items()
    }

    reply = phone.hear(recorded.heard("TD", number=message.number), **forged)

    assert (reply.status_code, reply.json["code"]) == (401, "signature_refused")
    assert stored(message).state is S.QUEUED


def test_an_answer_from_nobody_is_refused(phone):
    event = recorded.heard("TD", number="+8613900001234")
    del event["payload"]["phoneNumber"]

    reply = phone.hear(event)

    assert reply.status_code == 422
    assert reply.json["errors"][0]["pointer"] == "/payload/sender"


def test_a_signature_is_good_for_its_own_phone_only(phone, other_phone):
    event = recorded.heard("TD", number="+8613900001234")

    assert phone.hear(event, key=other_phone.signing_key).status_code == 401
    assert other_phone.client.post(phone.webhook, json=event).status_code == 401
    gone = phone.webhook.replace(phone.id, "nobody")
    assert phone.client.post(gone, json=event).status_code == 401


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-03-02T10:00:00", "9999-12-31T00:00:00Z"])
def test_a_strange_moment_loses_no_answer(phone, moment):
    message = make_message()
    event = recorded.heard("TD", number=message.number)
    event["payload"]["receivedAt"] = moment

    assert phone.hear(event).status_code == 204
    assert stored(message).state is S.SUPPRESSED


def test_a_phone_sees_itself_and_changes_nothing(phone):
    seen = phone.ask("device").json

    assert (seen["device"]["id"], seen["device"]["name"]) == (phone.id, "Demo/phone")
    assert phone.patch(f"{APP}/device", json=recorded.push_token(phone.id)).status_code == 204
    other = phone.patch(f"{APP}/device", json=recorded.push_token("other"))
    assert (other.status_code, other.json["code"]) == (404, "not_found")


def test_events_end_at_once(phone):
    reply = phone.ask("events")

    assert reply.content_type == "text/event-stream"
    assert reply.data == b": none\n\n"


def test_a_gateway_that_is_no_phone_gets_nothing(gateway):
    make_message()

    assert gateway.get(f"{APP}/message").status_code == 404
    assert gateway.get("/v1/compat/smsgate/settings").status_code == 404


def test_looking_with_head_takes_nothing(phone):
    message = make_message()

    assert phone.open("HEAD", f"{APP}/message").status_code == 405
    assert stored(message).state is S.QUEUED


@pytest.mark.parametrize(
    "states",
    [[], [{}], [{"id": "x", "state": ""}], [{"id": "x", "state": "Sent"}] * 101],
)
def test_nonsense_is_refused(phone, states):
    reply = phone.patch(f"{APP}/message", json=states)

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")


def test_what_keeps_for_days_is_sent_before_the_quiet_hours(phone):
    make_message(category=Category.MARKETING, send_before=later(days=2))

    [offered] = phone.messages()

    closes = offered["validUntil"]
    assert MORNING.isoformat() < closes < later(hours=14).isoformat()


def test_a_state_of_a_newer_app_spoils_no_other(phone):
    message = make_message()
    [offered] = phone.ids()
    newer = {"id": offered, "state": "Cancelled", "recipients": None, "states": None}

    phone.tell(newer, {"id": offered, "state": "Sent"})

    assert stored(message).state is S.SUBMITTED


def test_a_phone_whose_place_is_taken_between_lease_and_begin_binds_nothing(
    administrator, phone, at
):
    """Its key was good when the request began; the app behind the new key knows nothing of it."""
    message = make_message()
    before = queries.find_registration(phone.id)
    db.session.rollback()

    def come_in_anew(_offer):
        at(MORNING + timedelta(seconds=1))
        again = administrator.post(f"/v1/smsgate-devices/{phone.id}/invitations", json={})
        assert again.status_code == 201, again.text
        phone.register(again.json["secret"])
        return True

    with pytest.raises(NotFound):
        offer(
            1,
            worker="smsgate",
            gateway_id=phone.id,
            is_fit=come_in_anew,
            confirm=lambda: service.require_same_phone(phone.id, registered_at=before),
        )

    assert stored(message).state is S.LEASED
    assert phone.ids() == []


def test_a_long_refusal_is_heard(phone):
    message = make_message()

    phone.hear(recorded.heard("退订" * 1500, number=message.number, device_id=phone.id))

    assert stored(message).state is S.SUPPRESSED


class TestLettingIn:
    """A secret that an administrator made lets one phone in, once."""

    def invite(self, administrator, **body):
        reply = administrator.post("/v1/smsgate-devices", json={"name": "phone", **body})
        assert reply.status_code == 201, reply.text
        return reply.json

    def register(self, app, secret):
        caller = Caller(app.test_client(), secret)
        return caller.post(f"{APP}/device", json=recorded.REGISTRATION_WITH_PUSH)

    def test_a_secret_works_once(self, app, administrator):
        secret = self.invite(administrator)["secret"]

        first, second = self.register(app, secret), self.register(app, secret)

        assert first.status_code == 201
        assert set(first.json) == {"id", "token", "login", "password"}
        assert (second.status_code, second.json["code"]) == (401, "registration_refused")

    def test_for_a_day(self, app, administrator, at):
        secret = self.invite(administrator)["secret"]
        at(later(days=1))

        assert self.register(app, secret).status_code == 401

    @pytest.mark.parametrize("secret", ["", "wrong", "x" * 5_000])
    def test_another_one_does_not(self, app, administrator, secret):
        self.invite(administrator)

        assert self.register(app, secret).status_code == 401

    def test_only_administrators_make_one(self, sign_in, now):
        for role in (Role.ACCOUNT_MANAGER, Role.MANAGER, Role.AUDITOR):
            reply = sign_in(make_staff(role)).post("/v1/smsgate-devices", json={"name": "x"})
            assert reply.status_code == 403

    def test_two_phones_need_two_names(self, administrator):
        self.invite(administrator)

        again = administrator.post("/v1/smsgate-devices", json={"name": "phone"})

        assert again.json["code"] == "client_name_taken"

    def test_a_new_registration_replaces_the_key_and_parks_what_was_offered(
        self, administrator, phone, now
    ):
        offered = make_message()
        phone.messages()
        former = phone.token

        reply = administrator.post(f"/v1/smsgate-devices/{phone.id}/invitations")
        assert phone.ids() == [offered.id]  # until the secret is used
        phone.register(reply.json["secret"])

        assert phone.ids() == []
        assert stored(offered).state is S.UNCERTAIN
        assert slot_state(offered) is L.UNCERTAIN
        assert Caller(phone.client, former).get(f"{APP}/message").status_code == 401

    def test_removing_a_phone_leaves_its_doubts_to_people(
        self, administrator, phone, other_phone, gateway
    ):
        offered, sent = make_messages(2)
        phone.messages()
        phone.tell(recorded.state(sent, "Sent"))

        replies = [administrator.put(f"/v1/smsgate-devices/{phone.id}/removal") for _ in range(2)]

        assert [r.status_code for r in replies] == [200, 200]
        assert replies[0].json == replies[1].json
        assert (stored(offered).state, stored(offered).reason) == (S.UNCERTAIN, "device_removed")
        assert stored(sent).state is S.SUBMITTED
        assert phone.ask("message").status_code == 401
        assert phone.hear(recorded.heard("TD", number=offered.number)).status_code == 401
        assert other_phone.ids() == []
        assert gateway.pull()["leased"] == []
        again = administrator.post(f"/v1/smsgate-devices/{phone.id}/invitations")
        assert again.json["code"] == "device_removed"

    def test_a_removed_phone_stays_out_though_its_client_is_let_in_again(
        self, administrator, phone
    ):
        make_message()
        administrator.put(f"/v1/smsgate-devices/{phone.id}/removal")
        administrator.put(f"/v1/clients/{phone.id}/activation")

        assert phone.ask("message").status_code == 404
        assert phone.hear(recorded.heard("TD", number="+8613900001234")).status_code == 401

    def test_the_list_names_each_phone_and_no_secret(self, administrator, phone, other_phone):
        administrator.put(f"/v1/smsgate-devices/{other_phone.id}/removal")

        listed = administrator.get("/v1/smsgate-devices").json["items"]
        removed = administrator.get("/v1/smsgate-devices?is_removed=true").json["items"]

        assert {d["id"] for d in listed} == {phone.id, other_phone.id}
        assert [d["id"] for d in removed] == [other_phone.id]
        mine = next(d for d in listed if d["id"] == phone.id)
        assert (mine["name"], mine["model"]) == ("phone", "Demo/phone")
        assert mine["last_seen_at"] is not None
        assert phone.signing_key not in str(listed)

    def test_other_scopes_stay_outside(self, sign_in_client, now):
        reply = sign_in_client(Scope.BILLING_FEED).get(f"{APP}/message")

        assert reply.json["code"] == "forbidden_scope"

    def test_a_wrong_key_is_401_with_an_empty_body(self, app, now):
        for method, what in (("GET", "message"), ("PATCH", "message"), ("GET", "settings")):
            reply = Caller(app.test_client(), "wrong").open(method, f"{APP}/{what}")
            assert (reply.status_code, reply.data) == (401, b"")
