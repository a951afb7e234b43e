"""What the journal answers after a power cut at each step, and what it lets nobody do."""

import subprocess
import sys

import pytest

from gateway_relay.journal import InUse, Journal
from gateway_relay.values import Outcome, State
from tests.relay.factories import message
from tests.support.server import ROOT

SUBMITTED = Outcome(state=State.SUBMITTED, provider_id="p1")
UP_TO_THE_CUT = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = ["examples"]
from gateway_relay.journal import Journal
from gateway_relay.values import Outcome, State
from tests.relay.factories import message
journal = Journal(Path(sys.argv[1]))
for step in sys.argv[2].split():
    exec({
        "ask": "journal.ask([message()])",
        "intend": "journal.intend(message())",
        "conclude": "journal.conclude('m1-1', Outcome(state=State.SUBMITTED, provider_id='p1'))",
        "tell": "journal.note_told(journal.untold(9))",
        "give_back": "journal.give_back([message()])",
    }[step])
os.kill(os.getpid(), signal.SIGKILL)
"""


def told(journal):
    return [(a.reference, a.outcome.state, a.token) for a in journal.untold(100)]


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        ("", "unknown"),
        ("ask", "not_submitted"),
        ("ask give_back", "not_submitted"),
        ("ask intend", "unknown"),
        ("ask intend conclude", "submitted"),
        ("ask intend conclude tell", "submitted"),
    ],
)
def test_after_a_power_cut_it_answers_what_it_may_vouch_for(tmp_path, steps, answer):
    """Before it intended, nothing left; afterwards, only a result on disk is vouched for."""
    path = tmp_path / "relay.db"
    cut = subprocess.run([sys.executable, "-c", UP_TO_THE_CUT, path, steps], cwd=ROOT, check=False)
    assert cut.returncode == -9
    journal = Journal(path)

    journal.recall([message(token="t2")])

    assert told(journal) == [("m1-1", answer, "t2")]
    journal.close()


def test_what_a_former_life_left_open_is_told_without_being_asked(tmp_path):
    path = tmp_path / "relay.db"
    subprocess.run([sys.executable, "-c", UP_TO_THE_CUT, path, "ask intend"], cwd=ROOT, check=False)
    journal = Journal(path)

    assert told(journal) == [("m1-1", "unknown", "t1")]
    journal.close()


def test_what_was_given_back_cannot_be_submitted_any_more(journal):
    """A worker that stood still while another answered for it must not go on."""
    journal.ask([message()])
    journal.recall([message(token="t2")])

    assert not journal.intend(message())
    assert told(journal) == [("m1-1", "not_submitted", "t2")]


def test_what_is_being_submitted_is_answered_once_that_is_over(journal):
    journal.ask([message()])
    journal.intend(message())
    journal.recall([message(token="t2")])
    assert told(journal) == []

    journal.conclude("m1-1", SUBMITTED)

    assert told(journal) == [("m1-1", "submitted", "t2")]


def test_leased_anew_it_belongs_to_the_new_lease(journal):
    journal.ask([message(token="t1")])
    journal.give_back([message(token="t1")])
    journal.ask([message(token="t2")])

    assert not journal.intend(message(token="t1"))
    assert journal.intend(message(token="t2"))


def test_what_was_submitted_is_not_submitted_again_even_if_the_server_forgot(journal):
    journal.ask([message()])
    journal.intend(message())
    journal.conclude("m1-1", SUBMITTED)

    journal.ask([message(token="t2")])

    assert not journal.intend(message(token="t2"))


def test_asked_for_again_while_told_it_is_told_again(journal):
    journal.ask([message()])
    journal.intend(message())
    journal.conclude("m1-1", SUBMITTED)
    [answer] = journal.untold(9)
    journal.recall([message(token="t2")])

    journal.note_told([answer])

    assert told(journal) == [("m1-1", "submitted", "t2")]


def test_refused_at_begin_there_is_nothing_to_answer(journal):
    journal.ask([message()])

    journal.forget([message()])

    assert told(journal) == []
    assert not journal.intend(message())


def test_news_are_kept_once_until_the_server_has_them(journal):
    journal.keep("reports", "r1", {"status": "delivered"})
    journal.keep("reports", "r1", {"status": "delivered"})
    assert journal.news("reports", 9) == [("r1", {"status": "delivered"})]
    assert journal.news("inbound", 9) == []

    journal.drop("reports", ["r1"])

    assert journal.news("reports", 9) == []


def test_it_prunes_what_was_told_long_ago_and_nothing_else(journal):
    for key in ("told", "untold"):
        journal.ask([message(key)])
        journal.intend(message(key))
        journal.note_part(f"p-{key}", reference=f"{key}-1", part=1, parts=1)
        journal.conclude(f"{key}-1", SUBMITTED)
    journal.note_told([a for a in journal.untold(9) if a.message_id == "told"])

    assert journal.prune(days=1) == 0
    assert journal.prune(days=-1) == 1

    assert told(journal) == [("untold-1", "submitted", "t1")]
    assert journal.find_part("p-told") is None
    assert journal.find_part("p-untold") == ("untold", 1, 1)


def test_two_relays_with_one_journal_refuse_to_start(journal, tmp_path):
    with pytest.raises(InUse):
        Journal(tmp_path / "relay.db")
    second = subprocess.run(
        [sys.executable, "-m", "gateway_relay"],
        cwd=ROOT / "examples",
        env={
            "RELAY_CRM_URL": "http://127.0.0.1:9",
            "RELAY_CRM_KEY": "fictional",
            "RELAY_JOURNAL": str(tmp_path / "relay.db"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (second.returncode, "in use" in second.stderr) == (2, True)
