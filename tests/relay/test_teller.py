"""What the server hears, in which order, and what does not stand in the way."""

import threading

import pytest

from gateway_relay.crm import Away
from gateway_relay.values import Outcome, State
from tests.relay.factories import document, message


def test_what_customers_wrote_comes_first(host, crm, journal):
    journal.keep("reports", "r1", {"report_id": "r1"})
    journal.keep("inbound", "i1", {"inbound_id": "i1", "text": "TD"})
    journal.recall([message()])

    host.teller.tell_some()

    assert [name for name, _ in crm.calls] == ["inbound", "acks", "reports"]
    assert not host.teller.tell_some()


def test_what_the_server_did_not_hear_is_kept(host, crm, journal):
    journal.keep("inbound", "i1", {"inbound_id": "i1"})
    crm.say("inbound", (503, {"Retry-After": "2"}))

    with pytest.raises(Away) as away:
        host.teller.tell_some()

    assert away.value.retry_after == 2
    assert journal.news("inbound", 9) == [("i1", {"inbound_id": "i1"})]


def test_one_that_is_not_understood_does_not_hold_up_the_others(host, crm, journal):
    keys = [f"r{n}" for n in range(5)]
    for key in keys:
        journal.keep("reports", key, {"report_id": key})

    def answer(body):
        is_bad = any(r["report_id"] == "r3" for r in body["reports"])
        return (422, {}, {"code": "invalid"}) if is_bad else {"reports": []}

    crm.say("reports", *[answer] * 9)
    host.teller.tell_some()

    assert journal.news("reports", 9) == []
    batches = [b["reports"] for b in crm.told("reports") if "r3" not in str(b)]
    heard = [report["report_id"] for batch in batches for report in batch]
    assert sorted(heard) == ["r0", "r1", "r2", "r4"]


def test_an_answer_that_is_not_taken_waits_until_it_is_asked_for(host, crm, journal):
    crm.hand_out(document("m1"))
    lost = {"acks": [{"id": "m1", "state": None, "code": "lease_lost"}]}
    crm.say("acks", lost)
    host.work()
    assert journal.untold(9) == []

    crm.hand_out(recover=[document("m1", token="t2")])
    host.work()

    assert [b["acks"][0]["lease_token"] for b in crm.told("acks")] == ["t1", "t2"]
    assert crm.answers_of("m1") == ["submitted"] * 2


def test_told_to_finish_it_tells_the_rest_and_ends(host, crm, journal):
    journal.ask([message()])
    journal.intend(message())
    journal.conclude("m1-1", Outcome(state=State.SUBMITTED, provider_id="p1"))
    telling = threading.Thread(target=host.teller.run)
    telling.start()

    host.teller.finish()
    telling.join(10)

    assert not telling.is_alive()
    assert crm.answers_of("m1") == ["submitted"]
