"""A client that repeats what got no answer, as every real one must."""

from __future__ import annotations

import time
import uuid

import httpx

from tests.support import nearby

PATIENCE = 90


class Patient:
    """Somebody signed in, whose server may die between any two requests."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query):
        return self.ask("GET", path, params=query)

    def post(self, path: str, body=None, **more):
        key = {"Idempotency-Key": uuid.uuid4().hex}
        return self.ask("POST", path, json=body, extra=key, **more)

    def put(self, path: str, body=None):
        return self.ask("PUT", path, json=body)

    def ask(self, method, path, *, extra=None, **kwargs):
        headers = {**self.headers, **(extra or {}), **kwargs.pop("headers", {})}
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = nearby.request(
                    method, self.url + path, headers=headers, timeout=30, **kwargs
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in (502, 503):
                return answer
            assert time.monotonic() < deadline, f"{method} {path} never got an answer"
            time.sleep(0.2)


def ok(answer):
    """Return the answer's document; fail with what it said."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.text[:600]}"
    return answer.json() if answer.content else None
