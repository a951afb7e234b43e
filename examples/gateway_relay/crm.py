"""The CRM's gateway contract, one call at a time. Every call is safe to repeat."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from gateway_relay.settings import Settings

LONGEST_DELAY = 30.0
FIRST_DELAY = 0.25


class Away(Exception):
    """The CRM did not answer, or asks us to come back later."""

    def __init__(self, why: str, *, retry_after: float = 0) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class KeyRefused(Exception):
    """The CRM does not know our key, and will not for any number of tries."""


class NotUnderstood(Exception):
    """The CRM refused the call itself: to repeat it would be in vain."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: str | None
    body: bytes


class Crm:
    """Calls the CRM, over one connection for each thread."""

    def __init__(self, settings: Settings) -> None:
        self._url = urlsplit(settings.crm_url)
        self._timeout = settings.crm_timeout
        self._headers = {
            "Authorization": f"Bearer {settings.crm_key}",
            "Content-Type": "application/json",
        }
        self._own = threading.local()

    def call(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make a call of the contract and return its answer.

        :raises Away: if it may be repeated later
        :raises KeyRefused: if our key is not, or no longer, good
        :raises NotUnderstood: if it was refused for what it says
        """
        path = f"{self._url.path.rstrip('/')}/v1/gateway/{name}"
        try:
            reply = self._ask(path, json.dumps(body).encode())
        except (OSError, http.client.HTTPException) as error:
            self.hang_up()
            raise Away(type(error).__name__) from error
        return _read(name, reply)

    def _ask(self, path: str, body: bytes) -> _Reply:
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
        connection.request("POST", path, body, self._headers)
        response = connection.getresponse()
        return _Reply(response.status, response.headers["Retry-After"], response.read())

    def _connect(self) -> http.client.HTTPConnection:
        kind = (
            http.client.HTTPSConnection
            if self._url.scheme == "https"
            else http.client.HTTPConnection
        )
        return kind(self._url.hostname or "", self._url.port, timeout=self._timeout)

    def hang_up(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._own, "connection", None)
        self._own.connection = None
        if connection is not None:
            connection.close()


def _read(name: str, reply: _Reply) -> dict[str, Any]:
    if reply.status == HTTPStatus.OK:
        answer: dict[str, Any] = json.loads(reply.body)
        return answer
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise KeyRefused(f"{name}: 401")
    is_busy = reply.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
    if is_busy or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Away(f"{name}: {reply.status}", retry_after=_seconds(reply.retry_after))
    raise NotUnderstood(f"{name}: {reply.status} {_code(reply.body)}")


def _seconds(retry_after: str | None) -> float:
    with contextlib.suppress(TypeError, ValueError):
        seconds = float(retry_after or "0")
        return max(0.0, seconds)
    return 0.0  # a date: our own back-off will do


def _code(body: bytes) -> str:
    """Return the problem's code: its other words might quote what we sent."""
    with contextlib.suppress(ValueError, AttributeError):
        return str(json.loads(body).get("code", ""))
    return ""


class Backoff:
    """How long to wait after each failure: twice as long as before, spread by chance."""

    def __init__(self) -> None:
        self._failures = 0

    def next_delay(self, *, at_least: float = 0) -> float:
        """Return how long to wait after another failure."""
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return at_least + longest * random.uniform(0.5, 1)  # noqa: S311 - it only spreads

    def reset(self) -> None:
        """Begin anew: it went well."""
        self._failures = 0
