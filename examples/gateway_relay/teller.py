"""Tells the CRM what the journal keeps for it: customers' words first, then answers, reports."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from gateway_relay.crm import Away, Backoff, Crm, KeyRefused, NotUnderstood
from gateway_relay.logs import fail, note, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway_relay.journal import Journal, Kind
    from gateway_relay.stopping import Stopping
    from gateway_relay.values import Answer

MOST = 100
GLANCE_SECONDS = 1.0
PRUNE_SECONDS = 3600.0
KEY_REFUSED = 3


class Told(Protocol):
    """Tells a batch and notes what the CRM took."""

    def __call__(self, batch: Sequence[Any], /) -> None:
        """Tell it.

        :raises NotUnderstood: if the CRM refused the call
        """


class Teller:
    """One thread that talks while workers work."""

    def __init__(
        self, crm: Crm, journal: Journal, stopping: Stopping, *, keep_days: int, stop_seconds: int
    ) -> None:
        self._crm, self._journal, self._stopping = crm, journal, stopping
        self._keep_days, self._stop_seconds = keep_days, stop_seconds
        self._woken = threading.Event()
        self._pruned_at = 0.0
        self._finishing_at: float | None = None

    def wake(self) -> None:
        """Say that there is something to tell."""
        self._woken.set()

    def finish(self) -> None:
        """Tell what is left, for a little while, and end."""
        self._finishing_at = time.monotonic()
        self.wake()

    def run(self) -> None:
        """Tell until finished, or until the CRM refuses our key."""
        try:
            self._tell_until_finished()
        except KeyRefused as refused:
            self._stopping.halt(str(refused), exit_code=KEY_REFUSED)
        finally:
            self._crm.hang_up()

    def _tell_until_finished(self) -> None:
        backoff = Backoff()
        while not self._is_over():
            try:
                is_more = self.tell_some()
            except Away as away:
                warn("crm_away", why=str(away))
                self._pause(backoff.next_delay(at_least=away.retry_after))
                continue
            backoff.reset()
            if not is_more:
                if self._finishing_at:
                    return
                self._prune()
                self._woken.wait(GLANCE_SECONDS)
                self._woken.clear()

    def _is_over(self) -> bool:
        since = self._finishing_at
        return since is not None and time.monotonic() > since + self._stop_seconds

    def _pause(self, seconds: float) -> None:
        if self._finishing_at is None:
            self._stopping.wait(seconds)
        if self._stopping.is_set:
            time.sleep(min(seconds, GLANCE_SECONDS))

    def tell_some(self) -> bool:
        """Tell one batch of each kind; return whether there was anything to tell."""
        inbound = self._journal.news("inbound", MOST)
        answers = self._journal.untold(MOST)
        reports = self._journal.news("reports", MOST)
        self._tell(inbound, lambda batch: self._tell_news("inbound", "messages", batch))
        self._tell(answers, self._tell_answers)
        self._tell(reports, lambda batch: self._tell_news("reports", "reports", batch))
        return bool(inbound or answers or reports)

    def _tell(self, batch: Sequence[Any], tell: Told) -> None:
        """Tell a batch; where one of it is not understood, the others are still heard."""
        if not batch:
            return
        try:
            tell(batch)
        except NotUnderstood as refused:
            if len(batch) == 1:
                self._give_up(batch[0], refused)
                return
            half = len(batch) // 2
            self._tell(batch[:half], tell)
            self._tell(batch[half:], tell)

    def _give_up(self, one: Any, refused: NotUnderstood) -> None:
        """Let go of what the CRM will never take, so that it does not stand in the way."""
        if isinstance(one, tuple):
            key, _body = one
            fail("news_refused", id=key, why=str(refused))
            self._journal.drop("inbound", [key])
            self._journal.drop("reports", [key])
        else:
            fail("answer_refused", reference=one.reference, why=str(refused))
            self._journal.note_told([one])

    def _tell_answers(self, answers: Sequence[Answer]) -> None:
        said = self._crm.call("acks", {"acks": [answer.document for answer in answers]})
        for answer, heard in zip(answers, said["acks"], strict=True):
            if heard["code"]:
                # A lease that is lost is offered again, to be answered with a new token.
                warn("answer_not_taken", reference=answer.reference, code=heard["code"])
        self._journal.note_told(answers)
        note("answers_told", count=len(answers))

    def _tell_news(self, kind: Kind, name: str, news: Sequence[tuple[str, Any]]) -> None:
        self._crm.call(kind, {name: [body for _key, body in news]})
        self._journal.drop(kind, [key for key, _body in news])
        note(f"{kind}_told", count=len(news))

    def _prune(self) -> None:
        now = time.monotonic()
        if not self._pruned_at or now > self._pruned_at + PRUNE_SECONDS:
            self._pruned_at = now
            note("journal_pruned", count=self._journal.prune(days=self._keep_days))
