"""How often one client may ask. Counted in each process: an upper bound, not a promise."""

from __future__ import annotations

import hashlib
import time
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

V = TypeVar("V", bound="Callable[..., Any]")

_strategy = FixedWindowRateLimiter(MemoryStorage())


class TooManyRequests(DomainError):
    """The client asks more often than anybody needs to."""

    status = 429
    code = "too_many_requests"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("Ask less often; wait before you repeat.", retry_after=retry_after)


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
    item = _item(per_minute)
    if not _strategy.hit(item, name, client):
        resets_at = _strategy.get_window_stats(item, name, client).reset_time
        raise TooManyRequests(retry_after=max(1, round(resets_at - time.time())))


@cache
def _item(per_minute: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(per_minute)


def _client() -> str:
    token = request.headers.get("Authorization")
    if token is None:
        return request.remote_addr or ""
    return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()
