"""Messages as the CRM hands them out."""

from __future__ import annotations

import itertools
import time

from gateway_relay.settings import Settings
from gateway_relay.values import Message

_numbers = itertools.count(1)


def document(key="m1", *, attempt=1, token="t1", seconds=60, **changes):
    return {
        "id": key,
        "lease": {"token": token, "epoch": 1, "expires_at": "", "seconds_left": seconds},
        "to": "+8613900000001",
        "text": "【演示通信】虚构客户，祝您生日快乐！拒收请回复R",
        "sender": "10690000",
        "encoding": "ucs2",
        "segments": 1,
        "priority": 5,
        "send_before": "2026-03-02T12:00:00Z",
        "validity_seconds": 3600,
        "attempt": attempt,
        "reference": f"{key}-{attempt}",
        **changes,
    }


def message(key="m1", **changes):
    return Message.of(document(key, **changes), asked_at=time.monotonic())


def settings(folder, **changes):
    facts = {
        "crm_url": "http://127.0.0.1:9",
        "crm_key": "fictional",
        "journal": str(folder / "relay.db"),
        "wait_seconds": 0,
        "submit_timeout": 2,
        "stop_seconds": 2,
        "listen": "127.0.0.1:0",
        **changes,
    }
    return Settings(**facts)
