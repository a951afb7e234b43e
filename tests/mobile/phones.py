"""Phones in a process of Node, and what a test may have them do."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mobile.schema import CLIENT

if TYPE_CHECKING:
    from crm_api.accounts.actors import Actor

DRIVER = Path(__file__).with_name("phones.js")
# Beside the packages of Python: in the client's own folder they would be taken for ours.
MODULES = Path(sys.prefix) / "mobile_client"


def install() -> Path:
    """Install what the client needs, once for each content of its lock file."""
    lock = CLIENT / "package-lock.json"
    want, stamp = hashlib.sha256(lock.read_bytes()).hexdigest(), MODULES / ".ready"
    MODULES.mkdir(exist_ok=True)
    with (MODULES / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != want:
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(CLIENT / name, MODULES / name)
            options = ("--no-audit", "--no-fund", "--ignore-scripts")
            subprocess.run(["npm", "ci", *options], cwd=MODULES, check=True, capture_output=True)
            stamp.write_text(want)
    return MODULES / "node_modules"


class Refused(Exception):
    """The client failed; with the server's status and code where it was the server's word."""

    def __init__(self, message, status=None, code=None):
        super().__init__(message)
        self.status, self.code = status, code


class Node:
    """A process in which phones live."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(
            ["node", str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(install())},
            text=True,
        )

    def begin(self, does: str, **told) -> None:
        line = json.dumps({"n": next(self._numbers), "does": does, **told})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def next_word(self) -> dict:
        line = self._process.stdout.readline()
        assert line, "the process of the phones ended"
        return json.loads(line)

    def tell(self, does: str, **told):
        self.begin(does, **told)
        word = self.next_word()
        if error := word.get("error"):
            raise Refused(**error)
        return word["result"]

    def kill(self) -> None:
        """End it at once, as a system that needs the memory does."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


@dataclass
class Phone:
    """One phone of somebody; its database outlives the process that it runs in."""

    node: Node
    actor: Actor
    path: Path
    url: str
    token: str
    device_id: str
    options: dict = field(default_factory=dict)

    def open(self, **options) -> Phone:
        self.options.update(options)
        self._tell(
            "open",
            path=str(self.path),
            url=self.url,
            token=self.token,
            deviceId=self.device_id,
            **self.options,
        )
        return self

    def sync(self) -> Phone:
        self._tell("sync")
        return self

    def fails_to_sync(self) -> Refused:
        try:
            self._tell("sync")
        except Refused as refused:
            return refused
        raise AssertionError("the sync should have failed")

    def breaks(self, kind: str, at: str, after: int = 0) -> Phone:
        self._tell("break", kind=kind, at=at, after=after)
        return self

    def killed(self) -> Phone:
        """End the app without a chance to save, and start it again."""
        self.stops_saving()
        return self.open()

    def stops_saving(self) -> None:
        self._tell("kill")

    def create(self, table: str, **columns) -> dict:
        return self._tell("create", table=table, columns=columns)

    def edit(self, table: str, id_: str, **columns) -> dict:
        return self._tell("edit", table=table, id=id_, columns=columns)

    def remove(self, table: str, id_: str) -> None:
        self._tell("remove", table=table, id=id_)

    def rows(self, table: str) -> dict[str, dict]:
        return {row["id"]: row for row in self._tell("rows", table=table)}

    def everything(self) -> dict[str, dict[str, dict]]:
        """All records by table and id, without what is the phone's own."""
        told = self._tell("everything")
        return {table: {row["id"]: _plain(row) for row in rows} for table, rows in told.items()}

    def unsent(self) -> list[tuple[str, str]]:
        told = self._tell("everything")
        return [(t, r["id"]) for t, rows in told.items() for r in rows if r["_status"] != "synced"]

    def refusals(self) -> dict:
        return self._tell("refusals")

    def deliver_late(self) -> None:
        self._tell("deliver")

    def attach(self, **file) -> dict:
        return self._tell("attach", **file)

    def pending(self) -> list[dict]:
        return self._tell("pending")

    def upload(self) -> None:
        self._tell("upload")

    def dies_in_sync(self, at: str) -> None:
        """End the process when the server has answered and the app has not yet heard it."""
        self.breaks("hang", at)
        self.node.begin("sync", phone=self.device_id)
        assert self.node.next_word() == {"hanging": True}
        self.node.kill()

    def sync_paused_at(self, at: str, meanwhile) -> None:
        """Sync, and do something while a request is about to leave."""
        self.breaks("paused", at)
        self.node.begin("sync", phone=self.device_id)
        assert self.node.next_word() == {"paused": True}
        meanwhile()
        self.node.begin("resume", phone=self.device_id)
        words = [self.node.next_word() for _ in range(2)]
        assert not any("error" in word for word in words), words

    def _tell(self, does, **told):
        return self.node.tell(does, phone=self.device_id, **told)


OWN = {"_status", "_changed", "updated_at"}


def _plain(row):
    return {name: value for name, value in row.items() if name not in OWN}


@contextlib.contextmanager
def a_node():
    node = Node()
    try:
        yield node
    finally:
        node.kill()
