"""The relay, killed where it is told: `python -m tests.relay.dying STEP N [MUTANT]`.

At the n-th time that it comes to a step it kills itself with -9, as a power cut would. The steps
are the calls by which the relay moves on, each before and after, and once between sending a
message and reading the centre's answer.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from gateway_relay import __main__ as program
from gateway_relay.centres import kannel
from gateway_relay.crm import Crm
from gateway_relay.journal import Journal
from gateway_relay.worker import Worker

STEPS = (
    *("before leases", "after leases", "before ask", "after ask", "before begins", "after begins"),
    *("before intend", "after intend", "in submit", "after submit", "after conclude"),
    *("before acks", "after acks", "after note_told", "after keep", "after reports", "after drop"),
)
# How often each message, and not only each batch, comes to a step.
FOR_EACH_MESSAGE = {"intend", "submit", "conclude", "keep"}


class Fate:
    """Counts down to the end."""

    def __init__(self, step: str, times: int) -> None:
        self._step, self._left = step, times
        self._turn = threading.Lock()

    def come_to(self, step: str) -> None:
        if step != self._step:
            return
        with self._turn:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _arrange(fate: Fate) -> None:
    for kind, name in (
        *((Journal, name) for name in ("ask", "intend", "conclude", "note_told", "keep", "drop")),
        (kannel.Kannel, "submit"),
    ):
        _wrap(kind, name, fate)
    call = Crm.call

    def mortal_call(self, name, body):
        fate.come_to(f"before {name}")
        answer = call(self, name, body)
        fate.come_to(f"after {name}")
        return answer

    Crm.call = mortal_call
    connection = kannel.http.client.HTTPConnection

    class Mortal(connection):
        def getresponse(self):
            if "dlr-url" in getattr(self, "asked", ""):
                fate.come_to("in submit")
            return super().getresponse()

        def request(self, method, url, *args, **kwargs):
            self.asked = url
            super().request(method, url, *args, **kwargs)

    kannel.http.client.HTTPConnection = Mortal


def _wrap(kind, name, fate):
    plain = getattr(kind, name)

    def mortal(self, *args, **kwargs):
        fate.come_to(f"before {name}")
        answer = plain(self, *args, **kwargs)
        fate.come_to(f"after {name}")
        return answer

    setattr(kind, name, mortal)


def forget_the_journal() -> None:
    """Take what stands in no answer for not submitted: plain lease-and-ack."""

    def untold(self, most):
        with self._turn:
            self._rows.execute(
                "UPDATE attempts SET state = 'not_submitted' WHERE state = 'unknown'"
            )
        return _untold(self, most)

    _untold = Journal.untold
    Journal.untold = untold


def begin_afterwards() -> None:
    """Submit what is leased, and ask begin only then."""

    def send(self, leased):
        self._journal.ask(leased)
        for message in leased:
            if self._journal.intend(message):
                outcome = self._tools.centre.submit(message)
                self._journal.conclude(message.reference, outcome)
        self._begin(leased)
        self._tools.teller.wake()

    Worker._send = send  # noqa: SLF001 - a mutant replaces what nobody else should


MUTANTS = {"forget_the_journal": forget_the_journal, "begin_afterwards": begin_afterwards}

if __name__ == "__main__":
    step, times, *mutants = sys.argv[1:]
    for mutant in mutants:
        MUTANTS[mutant]()
    _arrange(Fate(step, int(times)))
    raise SystemExit(program.main([]))
