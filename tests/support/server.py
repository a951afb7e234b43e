"""The real server, several processes, on a database of its own."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.support import nearby
from tests.support.databases import KEY, folder_of_run, settings_for
from tests.support.forks import Fork

ROOT = Path(__file__).resolve().parents[2]
_ports = itertools.count()


def environment(database_url: str, **changes: str) -> dict[str, str]:
    """Return the environment in which a process of the product runs on this database."""
    key = base64.b64encode(KEY).decode()
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": folder_of_run(),
        "PYTHONUTF8": "1",
        "CRM_ENV": "test",
        "CRM_TOKEN_KEYS": f"t1:{key}",
        "CRM_DATA_KEYS": f"d1:{key}",
        "CRM_INDEX_KEY": f"index:{key}",
        "CRM_REQUESTS_PER_MINUTE": "1000000",
        "CRM_SIGN_INS_PER_MINUTE": "1000000",
        "CRM_LOG_LEVEL": "WARNING",
        "CRM_ATTACHMENTS": settings_for(database_url).attachments,
        "DATABASE_URL": database_url,
        **changes,
    }


def straight_path() -> str:
    """Return a PATH with an interpreter for `python3`: a shim takes longer than what it starts."""
    return f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}"


def zone_where_it_is_late_morning() -> str:
    """Name a zone in which contacts are allowed now, whatever time it is here."""
    east = 11 - datetime.now(UTC).hour
    east = east - 24 if east > 14 else east + 24 if east < -12 else east
    return f"Etc/GMT{-east:+d}"


def flask(database_url: str, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product, as an operator would."""
    words = ("flask", "--app", "crm_api.app", *arguments)
    env = environment(database_url, **changes)
    with tempfile.TemporaryDirectory(prefix="crmflask-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        running = Fork(*words, cwd=ROOT, env=env, out=out, err=err)
        code = running.wait(300)
        if code is None:
            running.kill()
            raise subprocess.TimeoutExpired(words, 300)
        return subprocess.CompletedProcess(
            words, code, out.read_text("utf-8"), err.read_text("utf-8")
        )


def free_port() -> int:
    """Return a port that no other test worker is given, and no client's end is put on.

    Asked of the system, two workers may be told of one port before either takes it. Two runs on
    one machine, and a server killed and started again, must not meet on a port either.
    """
    worker = int(
        re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 8 + os.getpid() % 54
    )
    first = 20_000 + worker * 200
    for _ in range(200):
        port = first + next(_ports) % 200
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


class Server:
    """Gunicorn with the settings that the product ships."""

    def __init__(
        self, database_url: str, *, workers: int = 2, app: str = "wsgi:app", **changes: str
    ) -> None:
        self._app = app
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(tempfile.mkstemp(prefix="crmserver-", suffix=".log")[1])
        self._environment = environment(
            database_url, BIND=f"127.0.0.1:{self.port}", WORKERS=str(workers), **changes
        )
        self._process: Fork | None = None

    def start(self) -> Server:
        """Start it and wait until it is ready."""
        words = ("gunicorn", "-c", "python:crm_api.config.server", self._app)
        self._process = Fork(*words, cwd=ROOT, env=self._environment, out=self.log, err=self.log)
        deadline = time.monotonic() + 40
        while True:
            with contextlib.suppress(httpx.TransportError):
                if nearby.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return self
            if self._process.wait(0) is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(self.log.read_text()[-3000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill every process of it, as a power cut would."""
        if self._process is None:
            return
        self._process.kill()
        self._process = None

    def stop(self) -> None:
        """Stop it politely and drop its log."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
        self.kill()
        self.log.unlink(missing_ok=True)
