"""Puts the parts together and takes them down in order."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway_relay.centres.kannel import Kannel
from gateway_relay.crm import Crm
from gateway_relay.line import Line
from gateway_relay.logs import note
from gateway_relay.stopping import Stopping
from gateway_relay.teller import Teller
from gateway_relay.worker import Tools, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway_relay.centres import Centre
    from gateway_relay.journal import Journal
    from gateway_relay.settings import Settings

BROKEN = 1
A_SECOND = 1.0


def run(settings: Settings, journal: Journal) -> int:
    """Relay until told to stop, or until it cannot go on; return the exit code."""
    tools = _gather(settings, journal)
    stopping, centre, teller = tools.stopping, tools.centre, tools.teller
    telling = threading.Thread(target=teller.run, name="teller")
    names = [f"worker-{number}" for number in range(1, settings.workers + 1)]
    working = [threading.Thread(target=Worker(name, tools).run, name=name) for name in names]
    with _told_to_stop(stopping):
        centre.start()
        for thread in (telling, *working):
            thread.start()
        note("started", workers=settings.workers, centre=settings.centre)
        while not stopping.wait(A_SECOND):  # a signal may wake nobody who waits without an end
            pass
        for thread in working:
            thread.join()
        centre.stop()
        teller.finish()
        telling.join()
    note("stopped", exit_code=stopping.exit_code)
    return stopping.exit_code


def _gather(settings: Settings, journal: Journal) -> Tools:
    stopping, crm = Stopping(), Crm(settings)
    keep_days, stop_seconds = settings.keep_days, settings.stop_seconds
    teller = Teller(crm, journal, stopping, keep_days=keep_days, stop_seconds=stop_seconds)
    return Tools(
        settings=settings,
        crm=crm,
        line=Line(crm, settings, stopping),
        journal=journal,
        centre=_centre(settings, journal, teller.wake),
        teller=teller,
        stopping=stopping,
    )


def _centre(settings: Settings, journal: Journal, heard: Callable[[], None]) -> Centre:
    if settings.centre == "kannel":
        return Kannel(settings, journal, heard=heard)
    from gateway_relay.centres.smpp import Smpp  # noqa: PLC0415 - Kannel needs no smpplib

    return Smpp(settings, journal, heard=heard)


@contextmanager
def _told_to_stop(stopping: Stopping) -> Iterator[None]:
    """Let TERM and INT stop the relay, and any thread that breaks: half a relay helps nobody."""

    def on_signal(_number: int, _frame: Any) -> None:
        stopping.stop()

    def on_break(broken: threading.ExceptHookArgs) -> None:
        where = broken.thread.name if broken.thread else "a thread"
        threading.__excepthook__(broken)
        stopping.halt(f"{where} broke: {broken.exc_type.__name__}", exit_code=BROKEN)

    signals = (signal.SIGTERM, signal.SIGINT)
    former = [(number, signal.signal(number, on_signal)) for number in signals]
    threading.excepthook = on_break
    try:
        yield
    finally:
        threading.excepthook = threading.__excepthook__
        for number, handler in former:
            signal.signal(number, handler)
