"""Two at once, in this very process."""

import threading
import time

from crm_api.care.terms import MessageState
from crm_api.contact_frequency import service as contact_frequency
from crm_api.kit.transactions import transaction
from tests.care_gateway.factories import MORNING, Gateway, make_message, make_messages, stored


def run_beside(work):
    """Run something in another thread; return how to wait for what it answered."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()

    def wait():
        thread.join(20)
        assert answers, "it never answered"
        return answers[0]

    return wait


def test_a_begin_that_waits_for_an_opt_out_is_refused(gateway):
    """The refusal is written and not yet committed: begin must wait, and then see it."""
    message = make_message()
    [leased] = gateway.lease()

    with transaction():
        contact_frequency.opt_out(message.number, at=MORNING, source="desk")
        answer = run_beside(lambda: gateway.begin(leased))
        time.sleep(0.4)
        # Leaving the block commits the refusal, and only then does the begin go on.

    assert answer() == ["opted_out"]
    assert stored(message).state is MessageState.SUPPRESSED


def test_two_begins_with_one_token_begin_once(gateway):
    message = make_message()
    [leased] = gateway.lease()

    both = [run_beside(lambda: gateway.begin(leased)) for _ in range(2)]

    assert [wait() for wait in both] == [["submitting"]] * 2
    assert stored(message).attempt == 1


def test_many_pullers_share_without_overlap(app, now):
    messages = make_messages(12)
    gateways = [Gateway(app) for _ in range(4)]

    hands = [run_beside(lambda gateway=g: gateway.lease(4)) for g in gateways]

    got = [m["id"] for wait in hands for m in wait()]
    assert len(got) == len(set(got))
    rest = [m["id"] for m in gateways[0].lease()]
    assert sorted(got + rest) == sorted(m.id for m in messages)


def test_a_waiting_pull_is_answered_at_once_when_something_comes(gateway):
    """It holds no transaction meanwhile: the message could not be stored on SQLite otherwise."""
    started = time.monotonic()
    hand = run_beside(lambda: gateway.pull(wait=10))
    time.sleep(0.5)
    message = make_message()

    leased = hand()["leased"]

    assert [m["id"] for m in leased] == [message.id]
    assert time.monotonic() - started < 6


def test_a_pull_waits_no_longer_than_told(gateway):
    started = time.monotonic()

    assert gateway.pull(wait=1)["leased"] == []

    assert 0.9 < time.monotonic() - started < 4
