"""How often one client may ask. Counted in each process: an upper bound, not a promise."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import request
from flask.globals import request_ctx

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

V = TypeVar("V", bound="Callable[..., Any]")
MINUTE = 60


class TooManyRequests(DomainError):
    """The client asks more often than anybody needs to."""

    status = 429
    code = "too_many_requests"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Ask less often; wait before you repeat.", retry_after=retry_after)


class _Minute:
    """What was asked in this minute; forgotten as a whole when the next one begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, client: str) -> int:
        """Count one request; return how many this client has made."""
        with self._lock:
            number = int(time.time() // MINUTE)
            if number != self._number:
                self._number = number
                self._counts.clear()
            self._counts[name, client] += 1
            return self._counts[name, client]


_minute = _Minute()


def limit_requests(app: Flask, *, per_minute: int) -> None:
    """Bound what one client may ask of this process altogether."""

    def count() -> None:
        hit("all", per_minute, _client())

    app.before_request(count)


def limited(name: str, per_minute: Callable[[], int]) -> Callable[[V], V]:
    """Bound how often one address may call a route, such as sign-in."""

    def decorate(view: V) -> V:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            hit(name, per_minute(), request.remote_addr or "")
            return view(*args, **kwargs)

        return counted  # type: ignore[return-value]

    return decorate


def hit(name: str, per_minute: int, client: str) -> None:
    """Count one request of a client.

    :raises TooManyRequests: saying when the next one is welcome
    """
    if _minute.count(name, client) > per_minute:
        raise TooManyRequests(retry_after=MINUTE - int(time.time()) % MINUTE)


def _client() -> str:
    asked = request_ctx.request
    token = asked.headers.get("Authorization") or (asked.view_args or {}).get("token")
    if token is None:
        return asked.remote_addr or ""
    return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()
