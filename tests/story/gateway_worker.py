"""A gateway host with a journal: `python -m tests.story.gateway_worker URL KEY FOLDER CENTRE`.

Intent is written and synced before a message is submitted, the result before it is told. With
DIE_AFTER=n it kills itself between begin and ack of its n-th message, as a power cut would.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import httpx

from tests.support import nearby

QUIET_ROUNDS = 8


class Journal:
    """What this host did with each attempt: intended, then submitted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.known = {e["reference"]: e["what"] for e in map(json.loads, filter(None, lines))}

    def write(self, reference: str, what: str) -> None:
        self.known[reference] = what
        _append(self.path, {"reference": reference, "what": what})

    def answer_for(self, reference: str) -> str:
        return {"submitted": "submitted", "intended": "unknown"}.get(
            self.known.get(reference, ""), "not_submitted"
        )


def _append(path: Path, entry: dict[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (json.dumps(entry) + "\n").encode())
    os.fsync(descriptor)
    os.close(descriptor)


class Worker:
    """Leases, begins, submits and acks until nothing has come for a while."""

    def __init__(self, url: str, key: str, folder: Path, centre: Path) -> None:
        self.url, self.centre = url, centre
        self.journal = Journal(folder / "journal")
        self.headers = {"Authorization": f"Bearer {key}"}
        self.left = int(os.environ.get("DIE_AFTER", "0"))

    def call(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """Ask until there is an answer: every call is safe to repeat."""
        while True:
            try:
                answer = nearby.post(
                    f"{self.url}/v1/gateway/{path}", json=body, headers=self.headers, timeout=30
                )
                if answer.status_code == 200:
                    return answer.json()
                if answer.status_code != 503:
                    raise SystemExit(f"{path}: {answer.status_code} {answer.text}")
            except httpx.TransportError:
                pass
            time.sleep(0.2)

    def run(self) -> None:
        quiet = 0
        while quiet < QUIET_ROUNDS:
            body = {"max": 10, "lease_seconds": 5, "wait_seconds": 1, "worker": "story"}
            hand = self.call("leases", body)
            for message in hand["recover"]:
                self.ack(message, self.journal.answer_for(message["reference"]))
            for message in hand["leased"]:
                self.send(message)
            quiet = 0 if hand["leased"] or hand["recover"] else quiet + 1

    def send(self, message: dict) -> None:
        held = {"id": message["id"], "lease_token": message["lease"]["token"]}
        answer = self.call("begins", {"messages": [held]})["messages"][0]
        if answer["state"] != "submitting":
            return
        self.journal.write(message["reference"], "intended")
        _append(self.centre, {"id": message["id"], "to": message["to"]})
        if self.left:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        self.journal.write(message["reference"], "submitted")
        self.ack(message, "submitted")

    def ack(self, message: dict, result: str) -> None:
        ack = {
            "id": message["id"],
            "lease_token": message["lease"]["token"],
            "result": result,
            "provider_id": f"p-{message['reference']}"[:60],
        }
        self.call("acks", {"acks": [ack]})


if __name__ == "__main__":
    url, key, folder, centre = sys.argv[1:]
    Worker(url, key, Path(folder), Path(centre)).run()
