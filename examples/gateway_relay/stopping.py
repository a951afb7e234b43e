"""How the relay comes to an end: when told to, or because it cannot go on."""

from __future__ import annotations

import threading

from gateway_relay.logs import fail, note


class Stopping:
    """Known to every thread. The first reason counts."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self.exit_code = 0

    @property
    def is_set(self) -> bool:
        """Whether to take nothing more."""
        return self._stopped.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait this long, or until the end; tell whether it has come."""
        return self._stopped.wait(seconds)

    def stop(self) -> None:
        """Take no more, finish what is in hand, give the rest back."""
        note("stopping")
        self._stopped.set()

    def halt(self, why: str, *, exit_code: int) -> None:
        """Stop because it cannot go on."""
        fail("halted", why=why)
        self.exit_code = self.exit_code or exit_code
        self._stopped.set()
