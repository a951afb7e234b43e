"""What gateways say of what they hold, and what follows from it."""

import pytest

from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.contact_frequency.terms import SlotState
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import (
    MORNING,
    ack_of,
    contacts_of,
    later,
    make_message,
    make_messages,
    slot_state,
    stored,
)

S, L = MessageState, SlotState


@pytest.mark.parametrize(
    ("result", "state", "slot"),
    [
        ("submitted", S.SUBMITTED, L.CONSUMED),
        ("rejected", S.REJECTED, L.RELEASED),
        ("retry", S.QUEUED, L.RESERVED),
        ("not_submitted", S.QUEUED, L.RESERVED),
        ("unknown", S.UNCERTAIN, L.UNCERTAIN),
    ],
)
def test_what_each_answer_makes_of_a_message(gateway, result, state, slot):
    message = make_message()
    [begun] = gateway.begun()

    assert gateway.ack(begun, result) == state

    assert stored(message).state is state
    assert slot_state(message) is slot
    assert len(contacts_of(message)) == (result == "submitted")


def test_a_submitted_message_enters_the_history_once(gateway):
    message = make_message()
    [begun] = gateway.begun()

    gateway.ack(begun, provider_id="p1")
    gateway.ack(begun, provider_id="p1")

    [contact] = contacts_of(message)
    assert contact.occurred_at == MORNING
    assert contact.source == f"care_message:{message.id}"
    assert contact.slot_id == message.slot_id


@pytest.mark.parametrize("result", ["submitted", "rejected", "retry", "not_submitted", "unknown"])
def test_an_answer_repeated_says_the_same(gateway, result):
    make_message()
    [begun] = gateway.begun()

    assert gateway.ack(begun, result) == gateway.ack(begun, result)


def test_another_answer_for_a_used_token_is_refused(gateway):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "submitted")

    assert gateway.ack(begun, "retry") == "ack_contradicts"
    assert stored(message).state is S.SUBMITTED


def test_the_answer_to_an_old_attempt_is_known_though_another_holds_it_now(gateway, other_gateway):
    make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "not_submitted")
    other_gateway.begun()

    assert gateway.ack(begun, "not_submitted") == "queued"
    assert gateway.ack(begun, "submitted") == "ack_contradicts"


def test_a_stale_token_changes_nothing(gateway, other_gateway, at):
    message = make_message()
    [stale] = gateway.lease(seconds=10)
    at(later(seconds=10))
    [fresh] = other_gateway.begun()
    before = stored(message)

    for result in ("submitted", "rejected", "retry", "not_submitted", "unknown"):
        assert gateway.ack(stale, result) == "lease_lost"
        assert other_gateway.ack({**stale, "id": fresh["id"]}, result) == "lease_lost"

    after = stored(message)
    assert (after.state, after.lease_epoch) == (before.state, before.lease_epoch)
    assert slot_state(message) is L.IN_FLIGHT
    assert other_gateway.ack(fresh) == "submitted"


def test_three_of_twenty_may_fail(gateway):
    make_messages(20)
    begun = gateway.begun()
    acks = [ack_of(message, "submitted") for message in begun]
    for ack in acks[:3]:
        ack["lease_token"] = "stale"

    answers = gateway.ack_all(acks)

    assert answers == ["lease_lost"] * 3 + ["submitted"] * 17


@pytest.mark.parametrize("result", ["submitted", "rejected", "retry", "not_submitted", "unknown"])
def test_many_answers_cost_no_more_statements_than_two(gateway, count_statements, result):
    counts = []
    for many in (2, 20):
        make_messages(many)
        acks = [ack_of(message, result) for message in gateway.begun(many)]
        assert len(acks) == many
        with count_statements() as statements:
            answers = gateway.ack_all(acks)
        assert len(set(answers)) == 1
        counts.append(statements.count)

    assert counts[1] <= counts[0] + 2


def test_many_answers_at_once_leave_every_chain_whole(gateway, app):
    messages = make_messages(20)
    begun = gateway.begun()
    gateway.ack_all([ack_of(message, "submitted") for message in begun])

    assert {slot_state(message) for message in messages} == {L.CONSUMED}
    assert [contact.seq for message in messages for contact in contacts_of(message)] == [1] * 20
    reply = app.test_cli_runner().invoke(args=["contacts", "verify"])
    assert reply.exit_code == 0, reply.output
    assert "Verified 20 entries of 20 customers; 0 chains broken." in reply.output


def test_one_that_cannot_be_taken_does_not_hold_up_the_others(gateway):
    messages = make_messages(7)
    begun = gateway.begun()
    odd = next(message for message in messages if message.id == begun[4]["id"])
    with transaction():
        contact_frequency.consume_slot(odd.slot_id, occurred_at=MORNING, outcome="sent")

    answers = gateway.ack_all([ack_of(message, "rejected") for message in begun])

    assert answers == ["rejected"] * 4 + ["conflict"] + ["rejected"] * 2
    assert stored(odd).state is S.SUBMITTING
    assert stored(odd).lease_expires_at is not None
    others = {slot_state(message) for message in messages if message is not odd}
    assert others == {L.RELEASED}


def test_answers_to_one_message_in_one_call_are_heard_in_turn(gateway):
    make_messages(2)
    one, other = gateway.begun()
    said = [(one, "submitted"), (other, "retry"), (one, "retry"), (one, "submitted")]

    answers = gateway.ack_all([ack_of(message, result) for message, result in said])

    assert answers == ["submitted", "queued", "ack_contradicts", "submitted"]
    assert len(contacts_of(stored(one))) == 1


def test_before_begin_a_message_can_only_be_given_back(gateway, other_gateway):
    message = make_message()
    [leased] = gateway.lease()

    assert gateway.ack(leased, "submitted") == "not_begun"
    assert gateway.ack(leased, "not_submitted") == "queued"
    assert gateway.ack(leased, "not_submitted") == "queued"

    assert stored(message).idle_leases == 0
    assert len(other_gateway.lease()) == 1


def test_a_retry_waits_and_passes_the_gate_again(gateway, other_gateway, at):
    message = make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "retry", error="queue full")

    wait = stored(message).due_at - MORNING
    assert 30 <= wait.total_seconds() <= 36
    assert gateway.lease() == []
    at(later(seconds=36))
    [again] = other_gateway.lease()
    assert again["attempt"] == 2
    assert other_gateway.begin(again) == ["submitting"]


def test_a_gateway_may_ask_for_a_longer_wait(gateway):
    message = make_message()
    [begun] = gateway.begun()

    gateway.ack(begun, "retry", retry_after=900)

    assert (stored(message).due_at - MORNING).total_seconds() == 900


def test_five_retries_are_enough(gateway, at):
    message = make_message()
    for n in range(6):
        at(later(minutes=15 * n))
        [begun] = gateway.begun()
        answer = gateway.ack(begun, "retry")
        assert answer == ("dead" if n == 5 else "queued")

    assert stored(message).reason == "retries_exhausted"
    assert slot_state(message) is L.RELEASED


def test_there_is_no_retry_past_the_last_moment(gateway):
    message = make_message(send_before=later(minutes=2, seconds=20))
    [begun] = gateway.begun()

    assert gateway.ack(begun, "retry") == "expired"
    assert slot_state(message) is L.RELEASED
    assert stored(message).reason == "no_time_to_retry"


def test_the_uncertain_is_never_sent_again(gateway, other_gateway, at):
    make_message()
    [begun] = gateway.begun()
    gateway.ack(begun, "unknown")

    for hours in (1, 2, 9):
        at(later(hours=hours))
        for one in (gateway, other_gateway):
            hand = one.pull()
            assert (hand["leased"], hand["recover"]) == ([], [])


def test_of_two_answers_in_one_call_the_first_counts(gateway):
    make_message()
    [begun] = gateway.begun()

    answers = gateway.ack_all([ack_of(begun, "submitted"), ack_of(begun, "retry")])

    assert answers == ["submitted", "ack_contradicts"]


def test_what_was_begun_is_offered_to_its_own_gateway_only(gateway, other_gateway, at):
    make_message()
    [begun] = gateway.begun()

    at(later(minutes=2))
    theirs, mine = other_gateway.pull(), gateway.pull()

    assert (theirs["leased"], theirs["recover"], mine["leased"]) == ([], [], [])
    [recovered] = mine["recover"]
    assert recovered["id"] == begun["id"]
    assert recovered["attempt"] == 1
    assert recovered["lease"]["epoch"] == 2
    assert gateway.ack(begun) == "lease_lost"  # the worker that fell silent has lost it
    assert gateway.pull()["recover"] == []  # one of its workers asks the journal, not all
    assert gateway.ack(recovered) == "submitted"


def test_recovered_and_not_submitted_it_goes_out_once(gateway, other_gateway, at):
    make_message()
    gateway.begun()
    at(later(minutes=2))
    [recovered] = gateway.pull()["recover"]

    assert gateway.ack(recovered, "not_submitted") == "queued"
    [again] = other_gateway.begun()
    assert other_gateway.ack(again) == "submitted"
    assert gateway.lease() == []


@pytest.mark.parametrize(
    "change",
    [
        {"result": "sent"},
        {"result": None},
        {"retry_after": -1},
        {"retry_after": 86_401},
        {"segments": 0},
        {"provider_id": "x" * 129},
        {"provider_id": "a\x01b"},
        {"error": "x" * 201},
        {"lease_token": 7},
        {"more": 1},
    ],
)
def test_a_hostile_ack_is_refused(gateway, change):
    ack = {"id": "a", "lease_token": "t", "result": "submitted", **change}

    reply = gateway.post("/v1/gateway/acks", json={"acks": [ack]})

    assert reply.status_code == 422
