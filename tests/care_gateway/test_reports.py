"""What the network says: late, repeated, in any order."""

from itertools import permutations

import pytest

from crm_api.accounts.models import Role
from crm_api.care.terms import MessageState
from crm_api.contact_frequency.terms import SlotState
from tests.care_gateway.factories import contacts_of, later, make_message, slot_state, stored
from tests.factories.accounts import make_staff

S, L = MessageState, SlotState


@pytest.fixture
def sent(gateway):
    """Submit a message under the provider's id p1."""
    make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, provider_id="p1")
    return begun


@pytest.mark.parametrize("order", list(permutations(["submitted", "undelivered", "delivered"])))
def test_reports_in_any_order_end_alike(gateway, sent, order):
    for status in order:
        gateway.report(status, message_id=sent["id"])

    assert stored(sent).state is S.DELIVERED


def test_news_never_go_back(gateway, sent):
    assert gateway.report("delivered", message_id=sent["id"]) == "applied"
    assert gateway.report("undelivered", message_id=sent["id"]) == "ignored_older"
    assert gateway.report("submitted", message_id=sent["id"]) == "ignored_older"
    assert stored(sent).state is S.DELIVERED


def test_delivered_after_a_failure_is_taken_and_flagged(gateway, sent):
    gateway.report("undelivered", provider_id="p1")
    assert stored(sent).state is S.UNDELIVERED

    assert gateway.report("delivered", provider_id="p1") == "applied"

    assert stored(sent).state is S.DELIVERED
    assert stored(sent).reason == "delivered_after_failure"


def test_a_report_counts_once(gateway, sent):
    assert gateway.report("delivered", report_id="r-1", message_id=sent["id"]) == "applied"
    assert gateway.report("delivered", report_id="r-1", message_id=sent["id"]) == "duplicate"


def test_a_report_told_twice_in_one_call_counts_once(gateway, sent):
    report = {
        "report_id": "r-1",
        "message_id": sent["id"],
        "status": "delivered",
        "at": "2026-03-02T02:00:00Z",
    }

    reply = gateway.post("/v1/gateway/reports", json={"reports": [report, report]})

    assert [r["outcome"] for r in reply.json["reports"]] == ["applied", "duplicate"]


def test_two_gateways_may_use_one_report_id(gateway, other_gateway, sent):
    gateway.report("delivered", report_id="r-1", message_id=sent["id"])

    assert other_gateway.report("delivered", report_id="r-1", provider_id="p9") == "unmatched"


def test_a_report_before_its_ack_waits_for_the_providers_id(gateway):
    message = make_message()
    [begun] = gateway.begun()
    assert gateway.report("delivered", provider_id="p7") == "unmatched"
    assert stored(message).state is S.SUBMITTING

    assert gateway.ack(begun, provider_id="p7") == "submitted"

    assert stored(message).state is S.DELIVERED
    assert len(contacts_of(message)) == 1


def test_a_report_may_overtake_its_ack(gateway):
    message = make_message()
    [begun] = gateway.begun()

    assert gateway.report("delivered", message_id=begun["id"]) == "applied"
    assert slot_state(message) is L.CONSUMED
    assert gateway.ack(begun, provider_id="p1") == "delivered"
    assert gateway.ack(begun, provider_id="p1") == "delivered"

    assert stored(message).state is S.DELIVERED
    assert len(contacts_of(message)) == 1


@pytest.mark.parametrize("answer", ["retry", "not_submitted", "rejected", "unknown"])
def test_no_answer_takes_back_what_a_report_proved(gateway, answer):
    message = make_message()
    [begun] = gateway.begun()
    gateway.report("delivered", message_id=begun["id"])

    assert gateway.ack(begun, answer) == "delivered"

    assert stored(message).state is S.DELIVERED
    assert gateway.lease() == []


def test_another_gateways_message_cannot_be_reported(other_gateway, sent):
    assert other_gateway.report("undelivered", message_id=sent["id"]) == "unmatched"
    assert other_gateway.report("undelivered", provider_id="p1") == "unmatched"
    assert stored(sent).state is S.SUBMITTED


def test_a_message_of_several_parts_is_delivered_with_the_last(gateway, sent):
    assert gateway.report("delivered", provider_id="p1", part=2, parts=3) == "applied"
    assert gateway.report("delivered", provider_id="p1", part=1, parts=3) == "applied"
    assert gateway.report("delivered", provider_id="p1", part=1, parts=3) == "ignored_older"
    assert stored(sent).state is S.SUBMITTED
    assert gateway.report("delivered", provider_id="p1", part=3, parts=3) == "applied"
    assert stored(sent).state is S.DELIVERED


def test_one_lost_part_is_a_failure_until_it_arrives(gateway, sent):
    gateway.report("delivered", provider_id="p1", part=1, parts=2)
    gateway.report("undelivered", provider_id="p1", part=2, parts=2)
    assert stored(sent).state is S.UNDELIVERED

    gateway.report("delivered", provider_id="p1", part=2, parts=2)

    assert stored(sent).state is S.DELIVERED


def test_a_report_settles_a_doubt(gateway):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "unknown")

    assert gateway.report("delivered", message_id=begun["id"]) == "applied"

    assert stored(message).state is S.DELIVERED
    assert slot_state(message) is L.CONSUMED
    assert len(contacts_of(message)) == 1


def test_delivered_after_a_rejection_counts_after_all(gateway):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "rejected")
    assert slot_state(message) is L.RELEASED

    assert gateway.report("delivered", message_id=begun["id"]) == "applied"

    assert stored(message).reason == "delivered_after_failure"
    assert slot_state(message) is L.CONSUMED
    assert len(contacts_of(message)) == 1


def test_rejected_later_it_still_counts(gateway, sent):
    gateway.report("rejected", message_id=sent["id"])

    assert stored(sent).state is S.REJECTED
    assert slot_state(stored(sent)) is L.CONSUMED


def test_a_report_proves_sent_what_was_given_back_as_not(gateway, other_gateway):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "not_submitted", provider_id="p1")
    [leased] = other_gateway.lease()

    assert gateway.report("delivered", provider_id="p1") == "applied"

    assert stored(message).state is S.DELIVERED
    assert other_gateway.begin(leased) == ["lease_lost"]
    assert gateway.lease() == []


def test_a_failure_already_told_does_not_stop_the_next_attempt(gateway, at):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "retry", provider_id="p1")

    assert gateway.report("rejected", provider_id="p1") == "ignored_older"

    assert stored(message).state is S.QUEUED
    at(later(minutes=1))
    assert len(gateway.begun()) == 1


def test_late_news_of_an_attempt_say_nothing_of_the_next_one(gateway, at):
    make_message()
    [first] = gateway.begun()
    gateway.ack(first, "retry", provider_id="p1")
    at(later(minutes=1))
    [second] = gateway.begun()
    gateway.ack(second, provider_id="p2")

    late = gateway.report("rejected", message_id=first["id"], provider_id="p1")

    assert (late, stored(second).state) == ("ignored_older", S.SUBMITTED)


def test_what_a_person_gave_up_as_not_sent_is_refused_by_no_report(gateway, sign_in):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "unknown", provider_id="p1")
    admin, body = (
        sign_in(make_staff(Role.ADMIN)),
        {"outcome": "not_sent", "note": "the log says so"},
    )
    admin.put(f"/v1/care-messages/{message.id}/settlement", json=body)

    assert gateway.report("rejected", provider_id="p1") == "ignored_older"
    assert stored(message).state is S.CANCELLED
    assert gateway.report("delivered", provider_id="p1") == "applied"
    assert stored(message).state is S.DELIVERED


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"part": 0},
        {"part": 2, "parts": 1},
        {"parts": 256},
        {"message_id": None},
        {"at": "yesterday"},
        {"at": "2026-03-02T02:00:00"},
        {"at": "9999-12-31T23:59:59-12:00"},
        {"report_id": ""},
        {"report_id": "x" * 129},
        {"raw": "x" * 1001},
        {"more": 1},
    ],
)
def test_a_hostile_report_is_refused(gateway, change):
    report = {
        "report_id": "r",
        "message_id": "m",
        "status": "delivered",
        "at": "2026-03-02T02:00:00Z",
        **change,
    }

    reply = gateway.post("/v1/gateway/reports", json={"reports": [report]})

    assert reply.status_code == 422
