"""A phone that pushes, as the stock client would."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

from tests.factories.accounts import move_to

MS = 1000


def ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * MS)


class Phone:
    """One device of somebody: it pushes rows with what was edited in them."""

    def __init__(self, caller, device_id: str = "phone-1") -> None:
        move_to(caller.token, device_id)
        self.caller = caller
        self.device_id = device_id

    def send(self, body, *, key=None, headers=None, packed=False, query=""):
        said = {"X-Device-Id": self.device_id, "X-App-Version": "1.4.0", **(headers or {})}
        if key:
            said["Idempotency-Key"] = key
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if packed:
            raw, said["Content-Encoding"] = gzip.compress(raw), "gzip"
        return self.caller.post(f"/v1/sync/push{query}", data=raw, headers=said)

    def push(self, table, *, created=(), updated=(), deleted=(), **options):
        """Push records of one table; `updated` are pairs of id and what was edited."""
        rows = [{**edits, "id": i, "_status": "updated"} for i, edits in updated]
        for row, (_, edits) in zip(rows, updated, strict=True):
            row["_changed"] = ",".join(name for name in edits if name != "updated_at")
        new = [{"_status": "created", "_changed": "", **row} for row in created]
        content = {"created": new, "updated": rows, "deleted": list(deleted)}
        reply = self.send({table: content}, **options)
        assert reply.status_code == 200, reply.text
        return reply.json


def send(phone, body, **options):
    reply = phone.send(body, **options)
    assert reply.status_code == 200, reply.text
    return reply.json


def codes(reply):
    return [(r["table"], r["code"], r["retryable"]) for r in reply["rejections"]]
