"""Work that some processes of one command share."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeVar, cast

from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.context import ForkProcess

T = TypeVar("T")
MANY = 50_000  # values, which is what a batch of a mass plan makes


class WorkerDied(RuntimeError):
    """A process ended in the midst of its work; its own words stand on standard error."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Let Python look for cycles less often, amid work that makes many values and few cycles.

    It looks after every 700 that are kept, now and then through all that was ever imported, and in
    vain: that was a tenth of a mass plan's Python.
    """
    young, *older = gc.get_threshold()
    gc.set_threshold(max(young, MANY), *older)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(young, *older)


@contextmanager
def sharing(work: Callable[[], Iterator[T]], *, processes: int) -> Iterator[Iterator[T]]:
    """Do the work in so many processes, and give what each yields as it comes.

    They must share it out among themselves, by the database. Who stops listening, or dies, ends
    them with their next result. One process is this one, and so it is on SQLite, which lets one
    write at a time; others begin before whatever threads the caller starts next.

    :raises WorkerDied: once the others are through
    """
    if processes == 1 or db.engine.dialect.name == "sqlite":
        yield work()
        return
    context = multiprocessing.get_context("fork")
    workers: list[ForkProcess] = []
    ears: list[Connection] = []
    for _ in range(processes):
        ear, mouth = context.Pipe(duplex=False)
        ears.append(ear)
        worker = context.Process(target=_tell, args=(work, mouth, tuple(ears)), daemon=True)
        worker.start()
        mouth.close()
        workers.append(worker)
    try:
        yield _listen(ears)
    finally:
        for ear in ears:
            ear.close()
        for worker in workers:
            worker.join()
    if any(worker.exitcode for worker in workers):
        raise WorkerDied


def _tell(work: Callable[[], Iterator[Any]], mouth: Connection, ears: Sequence[Connection]) -> None:
    """Work on connections of its own: those of the parent are the parent's to use and close."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's affair, who then stops listening
    for ear in ears:
        ear.close()
    db.session.remove()
    db.engine.dispose(close=False)
    with suppress(BrokenPipeError):
        for result in work():
            mouth.send(result)
    db.engine.dispose()


def _listen(ears: Sequence[Connection]) -> Iterator[Any]:
    listening = list(ears)
    while listening:
        for ear in cast("list[Connection]", wait(listening)):
            try:
                yield ear.recv()
            except EOFError:
                listening.remove(ear)
