"""A gateway worker as a process: `python worker.py URL KEY JOURNAL SECONDS [stop-after]`.

It writes each message to its journal before it would submit it, and can be told to stand still
after a call, to be killed there.
"""

from __future__ import annotations

import os
import sys
import time

import httpx


def main(url: str, key: str, journal: str, seconds: str, stop_after: str = "") -> None:
    """Pull until nothing has come for a second."""
    bearer = {"Authorization": f"Bearer {key}"}
    gateway = httpx.Client(base_url=url, headers=bearer, timeout=30, verify=False)
    with open(journal, "a", encoding="utf-8") as notes:  # noqa: PTH123 - appended to for a while
        while leased := _lease(gateway, int(seconds)):
            _stand_still(stop_after, "lease", notes)
            begun = _begin(gateway, leased)
            _stand_still(stop_after, "begin", notes)
            for message in begun:
                _note(notes, f"submit {message['id']}")
            acks = [{**_hold(message), "result": "submitted"} for message in begun]
            if acks:
                _post(gateway, "acks", {"acks": acks})


def _lease(gateway, seconds):
    body = {"max": 4, "lease_seconds": seconds, "wait_seconds": 1, "worker": str(os.getpid())}
    return _post(gateway, "leases", body)["leased"]


def _begin(gateway, leased):
    held = [_hold(message) for message in leased]
    answers = _post(gateway, "begins", {"messages": held})["messages"]
    begun = {answer["id"] for answer in answers if answer["state"] == "submitting"}
    return [message for message in leased if message["id"] in begun]


def _post(gateway, call, body):
    while True:
        reply = gateway.post(f"/v1/gateway/{call}", json=body)
        if reply.status_code != 503:
            return reply.raise_for_status().json()
        time.sleep(0.2)


def _hold(message):
    return {"id": message["id"], "lease_token": message["lease"]["token"]}


def _stand_still(stop_after, call, notes):
    if stop_after == call:
        _note(notes, f"after {call}")
        time.sleep(60)


def _note(notes, line):
    notes.write(line + "\n")
    notes.flush()
    os.fsync(notes.fileno())


if __name__ == "__main__":
    main(*sys.argv[1:])
