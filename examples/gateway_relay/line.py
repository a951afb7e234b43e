"""The host's one line to the CRM for messages: workers queue for it, and only the first one waits.

Each call that waits keeps a thread of the CRM busy, so that a host must not hold several.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from gateway_relay.crm import Away, Backoff
from gateway_relay.logs import warn
from gateway_relay.values import Hand

if TYPE_CHECKING:
    from gateway_relay.crm import Crm
    from gateway_relay.settings import Settings
    from gateway_relay.stopping import Stopping


class Line:
    """Leases for whoever's turn it is, and no sooner than the CRM finds it worth while."""

    def __init__(self, crm: Crm, settings: Settings, stopping: Stopping) -> None:
        self._crm, self._settings, self._stopping = crm, settings, stopping
        self._turn = threading.Lock()
        self._backoff = Backoff()
        self._not_before = 0.0

    @property
    def pause(self) -> float:
        """Seconds until it may be asked again."""
        return max(0.0, self._not_before - time.monotonic())

    def take(self, worker: str) -> Hand | None:
        """Lease a batch; return nothing where the CRM is away, or we are to stop."""
        with self._turn:
            if self._stopping.wait(self.pause):
                return None
            asked_at = time.monotonic()
            try:
                hand = Hand.of(self._crm.call("leases", self._wish(worker)), asked_at=asked_at)
            except Away as away:
                warn("crm_away", why=str(away))
                self._wait(self._backoff.next_delay(at_least=away.retry_after))
                return None
            self._backoff.reset()
            self._wait(hand.next_poll_seconds)
            return hand

    def _wait(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds

    def _wish(self, worker: str) -> dict[str, int | str]:
        return {
            "max": self._settings.batch,
            "lease_seconds": self._settings.lease_seconds,
            "wait_seconds": self._settings.wait_seconds,
            "worker": worker,
        }
