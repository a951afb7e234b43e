"""Processes of the product without the two seconds that each would take to load its modules.

They are real processes, that are killed and die as such: forked off one that loaded the modules
once for each test worker, and has neither application, connection nor thread.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
from multiprocessing.connection import wait
from pathlib import Path
from threading import Lock

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.support.preloaded"])
_reading = Lock()  # who starts a process also reads how others ended, and each is told but once


def apart(work, *told) -> multiprocessing.process.BaseProcess:
    """Begin a function of a test's module in a process of its own."""
    process = _forks.Process(target=work, args=told, daemon=True)
    with _reading:
        process.start()
    return process


class Fork:
    """`python -m words…` in a session of its own, that says everything to files."""

    def __init__(self, *words: str, cwd: Path, env: dict[str, str], out: Path, err: Path) -> None:
        said = (words, str(cwd), env, str(out), str(err))
        self._process = _forks.Process(target=_become, args=said, daemon=True)
        with _reading:
            self._process.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """Return its exit code, or None where it runs on after these seconds."""
        wait([self._process.sentinel], seconds)
        with _reading:
            return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(os.kill, signal.SIGTERM)

    def kill(self) -> None:
        """Kill it with all that it started."""
        self._send(os.killpg, signal.SIGKILL)
        self._send(os.kill, signal.SIGKILL)  # it may have no session of its own yet
        self.wait()

    def _send(self, send, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            send(self._process.pid, number)


def _become(words: tuple[str, ...], cwd: str, env: dict[str, str], out: str, err: str) -> None:
    os.setsid()
    multiprocessing.current_process().daemon = False  # it may have processes of its own
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), number)
    metrics = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    os.environ.clear()
    os.environ.update({"PROMETHEUS_MULTIPROC_DIR": metrics} | env)
    os.chdir(cwd)
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
