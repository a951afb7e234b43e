"""What a worker sends, what it gives back, and when it waits."""

import threading
import time

import pytest

from gateway_relay.centres import CentreAway, CentreRefusesUs
from gateway_relay.crm import Backoff
from gateway_relay.values import Outcome, State
from tests.relay.factories import document


def refuse(code):
    def answer(body):
        messages = [{"id": m["id"], "state": None, "code": code} for m in body["messages"]]
        return {"messages": messages}

    return answer


def test_it_begins_submits_and_answers(host, crm):
    crm.hand_out(document("m1"), document("m2"))

    host.work()

    assert host.centre.taken == ["m1-1", "m2-1"]
    assert [name for name, _ in crm.calls] == ["leases", "begins", "acks"]
    [told] = crm.told("acks")
    assert [(a["id"], a["result"], a["provider_id"]) for a in told["acks"]] == [
        ("m1", "submitted", "m1-1"),
        ("m2", "submitted", "m2-1"),
    ]


def test_what_may_not_begin_is_not_submitted_and_not_answered(host, crm):
    crm.hand_out(document("m1"))
    crm.say("begins", refuse("opted_out"))

    host.work()

    assert host.centre.taken == []
    assert crm.told("acks") == []


@pytest.mark.parametrize("over", [{"seconds": 0}, {"validity_seconds": 0}])
def test_past_its_lease_or_its_last_moment_it_is_given_back(host, crm, over):
    crm.hand_out(document("m1", **over))

    host.work()

    assert host.centre.taken == []
    assert crm.answers_of("m1") == ["not_submitted"]


def test_begun_late_it_asks_for_more_time(host, crm):
    crm.hand_out(document("m1", seconds=20))
    lost = {"messages": [{"id": "m1", "expires_at": None, "code": "lease_lost"}]}
    crm.say("leases/extensions", lost)

    host.work()

    assert host.centre.taken == []
    assert crm.answers_of("m1") == ["not_submitted"]


def test_told_to_stop_it_finishes_the_one_in_hand_and_gives_back_the_rest(host, crm):
    crm.hand_out(document("m1"), document("m2"), document("m3"))

    def stop_meanwhile(message):
        host.stopping.stop()
        return Outcome(state=State.SUBMITTED, provider_id="p1")

    host.centre.answers = [stop_meanwhile]
    host.work()

    assert host.centre.taken == ["m1-1"]
    assert [crm.answers_of(f"m{n}") for n in (1, 2, 3)] == [
        ["submitted"],
        ["not_submitted"],
        ["not_submitted"],
    ]


def test_a_centre_out_of_reach_has_got_nothing_and_is_tried_less_and_less(host, crm):
    for _ in range(3):
        crm.hand_out(document("m1"), document("m2"))
    host.centre.answers = [CentreAway("refused") for _ in range(3)]

    first, _, third = [host.work() for _ in range(3)]

    assert third > first > 0
    assert set(crm.answers_of("m1") + crm.answers_of("m2")) == {"not_submitted"}


def test_a_centre_that_refuses_our_account_stops_the_relay(host, crm):
    crm.hand_out(document("m1"))
    host.centre.answers = [CentreRefusesUs("Authorization failed")]

    host.worker.run()
    host.teller.tell_some()

    assert (host.stopping.is_set, host.stopping.exit_code) == (True, 4)
    assert crm.answers_of("m1") == ["not_submitted"]


def test_what_is_offered_for_recovery_is_answered_from_the_journal(host, crm):
    crm.hand_out(recover=[document("m1", token="t2")])

    host.work()

    assert host.centre.taken == []
    assert crm.answers_of("m1") == ["unknown"]


@pytest.mark.parametrize("status", [429, 503])
def test_it_comes_back_when_the_server_asks_it_to(host, crm, status):
    crm.say("leases", (status, {"Retry-After": "7"}))

    host.work()

    assert 6.5 < host.line.pause < 7.5


def test_it_waits_longer_each_time_and_never_in_step():
    backoff = Backoff()

    pauses = [backoff.next_delay() for _ in range(12)]

    assert pauses[0] <= 0.25
    assert 15 <= pauses[-1] <= 30
    assert len(set(pauses)) == 12


def test_it_asks_when_the_server_says_that_it_is_worth_it(host, crm):
    hand = {"leased": [], "recover": [], "next_poll_ms": 1500, "server_time": ""}
    crm.say("leases", hand)

    host.work()

    assert 1 < host.line.pause <= 1.5


def test_workers_of_a_host_wait_in_one_line(host, crm):
    """Each call that waits keeps a thread of the server busy."""
    at_once, most = [], []

    def hold_the_line(_body):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.05)
        at_once.pop()
        return {"leased": [], "recover": [], "next_poll_ms": 0, "server_time": ""}

    crm.say("leases", *[hold_the_line] * 4)
    workers = [threading.Thread(target=_take_and_hang_up, args=(host,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert most == [1] * 4


def _take_and_hang_up(host):
    host.line.take("worker")
    host.crm.hang_up()


def test_begin_is_asked_again_with_the_same_token(host, crm):
    crm.hand_out(document("m1"))
    crm.say("begins", (503, {}))

    host.work()

    first, second = crm.told("begins")
    assert first == second
    assert host.centre.taken == ["m1-1"]


def test_a_key_that_is_refused_stops_the_relay(host, crm):
    crm.say("leases", (401, {}))

    host.worker.run()

    assert (host.stopping.is_set, host.stopping.exit_code) == (True, 3)
