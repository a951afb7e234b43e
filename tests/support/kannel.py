"""Debian's Kannel on loopback: bearerbox, smsbox and fake message centres, gone for certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote_to_bytes

import pytest

from tests.support.server import free_port

FAKE_CENTRE = "/usr/lib/kannel/test/fakesmsc"
BOXES = {
    n: shutil.which(n, path=f"{os.environ['PATH']}:/usr/sbin") for n in ("bearerbox", "smsbox")
}
IS_HERE = all(BOXES.values()) and Path(FAKE_CENTRE).exists()
needs_kannel = pytest.mark.skipif(
    not IS_HERE, reason="needs Kannel and its fakesmsc: apt-get install kannel kannel-extras"
)
GOT = re.compile(rb"Got message \d+: <(.*)>")
PATIENCE_SECONDS = 60
USER = {"username": "crm", "password": "crm-secret"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message, or a part of one, that a message centre took."""

    sender: str
    to: str
    text: str
    part: int = 1
    parts: int = 1


class Kannel:
    """One bearerbox and one smsbox; each message centre is a fakesmsc with a log of its own.

    `centres` maps a centre's smsc-id to further lines of its group in the configuration, and
    `services` is what stands there besides: its sms-services, and `smsbox` further lines of that
    group. `sendsms` is where messages may be pushed to, as the user USER.
    """

    def __init__(
        self, *, centres: dict[str, str] | None = None, services: str = "", smsbox: str = ""
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crmkannel-"))
        self.sendsms_port = free_port()
        self._admin_port, self._box_port = free_port(), free_port()
        self._centres = {
            name: (free_port(), more) for name, more in (centres or {"centre": ""}).items()
        }
        self._services = services
        self._smsbox = smsbox
        self._processes: list[subprocess.Popen[bytes]] = []
        self._of_centre: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def sendsms(self) -> str:
        """The address that takes messages pushed to it."""
        return f"http://127.0.0.1:{self.sendsms_port}/cgi-bin/sendsms"

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start everything and wait until it listens."""
        conf = self.folder / "kannel.conf"
        conf.write_text(self._configuration(), encoding="utf-8")
        self._run("bearerbox", BOXES["bearerbox"], conf)
        self._wait_for(self._box_port)
        self._run("smsbox", BOXES["smsbox"], conf)
        self._wait_for(self.sendsms_port)
        for name, (port, _) in self._centres.items():
            self._wait_for(port)
            self.connect(name)
        return self

    def stop(self) -> None:
        """End every process, whatever state it is in."""
        while self._processes:
            self._end(self._processes[-1])
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, line: str, *, centre: str = "centre", times: int = 1, every: float = 0) -> None:
        """Let a phone send `sender receiver text words` to a centre, so often, seconds apart.

        A centre has one fakesmsc at a time: this one takes over from the one before.
        """
        self.hang_up(centre)
        self._join(centre, "-m", times, "-i", every, line)

    def hang_up(self, centre: str = "centre") -> None:
        """Let a centre be out of reach, until it sends or connects again."""
        if process := self._of_centre.pop(centre, None):
            self._end(process)

    def connect(self, centre: str = "centre") -> None:
        """Let a centre be in reach."""
        self._join(centre, "-m", 0, "1 1 text none")

    def accepted(self, centre: str = "centre") -> list[Accepted]:
        """Return what a message centre took, in the order of its arrival."""
        found = GOT.findall(self._log(f"centre-{centre}").read_bytes())
        return [_read(line) for line in found]

    def log(self, name: str) -> str:
        """Return what `bearerbox`, `smsbox` or `centre-…` wrote."""
        return self._log(name).read_text(encoding="utf-8", errors="replace")

    def _configuration(self) -> str:
        log = "log-level = 0"
        centres = "\n".join(
            f"group = smsc\nsmsc = fake\nsmsc-id = {name}\nport = {port}\n"
            f"connect-allow-ip = 127.0.0.1\n{more}\n"
            for name, (port, more) in self._centres.items()
        )
        return (
            f"group = core\nadmin-port = {self._admin_port}\nadmin-password = none\n"
            f"admin-interface = 127.0.0.1\nsmsbox-port = {self._box_port}\n"
            f"smsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\n{log}\n\n"
            f"{centres}\n"
            f"group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {self.sendsms_port}\n"
            f"sendsms-interface = 127.0.0.1\nmo-recode = true\n{log}\n"
            f"{self._smsbox}\n\n"
            f"group = sendsms-user\nusername = {USER['username']}\npassword = {USER['password']}\n"
            f"concatenation = true\nmax-messages = 10\n\n{self._services}\n"
        )

    def _join(self, name: str, *arguments: object) -> None:
        port, _ = self._centres[name]
        here = ("-H", "127.0.0.1", "-r", port)
        self._of_centre[name] = self._run(f"centre-{name}", FAKE_CENTRE, *here, *arguments)

    def _run(self, name: str, *command: object) -> subprocess.Popen[bytes]:
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._processes.remove(process)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            if any(process.poll() is not None for process in self._processes):
                break
            time.sleep(0.02)
        raise RuntimeError("\n".join(p.read_text()[-1500:] for p in self.folder.glob("*.log")))


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # even when pytest itself is killed


def _read(line: bytes) -> Accepted:
    """Read a line of the fake protocol: `sender receiver kind content`.

    Parts come as `udh HEADER data CONTENT`, without their coding: ours are always UCS-2.
    """
    sender, to, kind, rest = line.split(b" ", 3)
    part = parts = 1
    if kind == b"udh":
        header, _, rest = rest.split(b" ", 2)
        parts, part = unquote_to_bytes(header)[-2:]
    content = unquote_to_bytes(rest.replace(b"+", b" ")) if kind != b"text" else rest
    text = content.decode("utf-8" if kind == b"text" else "utf-16-be", errors="replace")
    return Accepted(sender.decode(), to.decode(), text, part=part, parts=parts)
