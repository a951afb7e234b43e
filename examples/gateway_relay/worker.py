"""One thread that leases, begins and submits. What came of it, the teller tells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway_relay.centres import CentreAway, CentreRefusesUs
from gateway_relay.crm import Away, Backoff, KeyRefused, NotUnderstood
from gateway_relay.logs import fail, note, warn
from gateway_relay.teller import KEY_REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway_relay.centres import Centre
    from gateway_relay.crm import Crm
    from gateway_relay.journal import Journal
    from gateway_relay.line import Line
    from gateway_relay.settings import Settings
    from gateway_relay.stopping import Stopping
    from gateway_relay.teller import Teller
    from gateway_relay.values import Message

CENTRE_REFUSES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the workers of a host share."""

    settings: Settings
    crm: Crm
    line: Line
    journal: Journal
    centre: Centre
    teller: Teller
    stopping: Stopping


class Worker:
    """Takes a batch, sends it, and takes the next."""

    def __init__(self, name: str, tools: Tools) -> None:
        self._name, self._tools = name, tools
        self._settings, self._journal = tools.settings, tools.journal
        self._stopping = tools.stopping
        self._backoff = Backoff()

    def run(self) -> None:
        """Work until the relay stops."""
        try:
            while not self._stopping.is_set:
                self._stopping.wait(self.work_once())
        except KeyRefused as refused:
            self._stopping.halt(str(refused), exit_code=KEY_REFUSED)
        except CentreRefusesUs as refused:
            self._stopping.halt(str(refused), exit_code=CENTRE_REFUSES)
        finally:
            self._tools.crm.hang_up()

    def work_once(self) -> float:
        """Take a batch and send it; return how many seconds to stay away from the centre."""
        hand = self._tools.line.take(self._name)
        if hand is None:
            return 0
        self._recover(hand.recover)
        try:
            self._send(hand.leased)
        except CentreAway as away:
            warn("centre_away", why=str(away))
            return self._backoff.next_delay()
        self._backoff.reset()
        return 0

    def _recover(self, messages: Sequence[Message]) -> None:
        if messages:
            self._journal.recall(messages)
            note("recovering", count=len(messages))
            self._tools.teller.wake()

    def _send(self, leased: Sequence[Message]) -> None:
        """Begin and submit messages; whatever happens, give back those that were not submitted."""
        if not leased:
            return
        self._journal.ask(leased)
        try:
            begun = self._begin(leased)
            self._extend(begun)
            for message in begun:
                if self._stopping.is_set:
                    break
                if message.is_in_time:
                    self._submit(message)
        finally:
            self._journal.give_back(leased)
            self._tools.teller.wake()

    def _begin(self, leased: Sequence[Message]) -> list[Message]:
        """Return which messages may be submitted, asking while there is time for it."""
        backoff = Backoff()
        while not self._stopping.is_set and any(message.is_in_time for message in leased):
            try:
                answers = self._tools.crm.call("begins", {"messages": _held(leased)})["messages"]
            except Away as away:
                warn("crm_away", why=str(away))
                self._stopping.wait(backoff.next_delay(at_least=away.retry_after))
                continue
            except NotUnderstood as refused:
                fail("begin_refused", why=str(refused))
                break
            pairs = list(zip(leased, answers, strict=True))
            refused_ones = [message for message, answer in pairs if answer["code"]]
            self._journal.forget(refused_ones)
            note("begun", count=len(leased) - len(refused_ones), refused=len(refused_ones))
            return [message for message, answer in pairs if not answer["code"]]
        return []

    def _extend(self, begun: Sequence[Message]) -> None:
        """Ask for more time, where a batch begun late has little left of its lease."""
        asked_at = time.monotonic()
        seconds = self._settings.lease_seconds
        if not begun or min(m.lease_ends for m in begun) > asked_at + seconds / 2:
            return
        body = {"messages": _held(begun), "lease_seconds": seconds}
        try:
            answers = self._tools.crm.call("leases/extensions", body)["messages"]
        except (Away, NotUnderstood) as error:
            warn("not_extended", why=str(error))
            return
        for message, answer in zip(begun, answers, strict=True):
            message.lease_ends = 0.0 if answer["code"] else asked_at + seconds

    def _submit(self, message: Message) -> None:
        if not self._journal.intend(message):
            warn("not_ours_any_more", reference=message.reference)
            return
        try:
            outcome = self._tools.centre.submit(message)
        except (CentreAway, CentreRefusesUs):
            self._journal.take_back(message.reference)
            raise
        self._journal.conclude(message.reference, outcome)
        note("submitted", reference=message.reference, result=outcome.state, error=outcome.error)
        self._tools.teller.wake()


def _held(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"id": message.id, "lease_token": message.token} for message in messages]
