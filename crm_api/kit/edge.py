"""The edge of the house: what happens around every request."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, Response, g, request
from flask_smorest.utils import get_appcontext
from werkzeug.exceptions import BadRequest

from crm_api.kit import metrics
from crm_api.kit.db import statements_apart
from crm_api.kit.ids import is_id, new_id
from crm_api.kit.json import OrjsonProvider
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

log = structlog.get_logger("crm_api.requests")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
READS = ("GET", "HEAD", "OPTIONS")


class EdgeFlask(Flask):
    """Flask, with one transaction a request and JSON by orjson."""

    json_provider_class = OrjsonProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Take each function as it is: none here is a coroutine, and Flask looks every time."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view inside its transaction.

        The commit happens here and not in `after_request`, whose errors no handler sees.
        """
        if "\x00" in request.path:
            raise BadRequest("The path holds a NUL character.")
        view = self.view_functions.get(request.endpoint or "")
        reads = request.method in READS and not getattr(view, "changes", False)
        with statements_apart() if reads else nullcontext(), transaction(read_only=reads):
            answer = self.make_response(super().dispatch_request())
            _set_etag(answer)
        return answer


def _set_etag(answer: Response) -> None:
    shown = get_appcontext().get("result_dump")
    if isinstance(shown, dict) and isinstance(shown.get("version"), int):
        answer.set_etag(str(shown["version"]))
        if request.method == "GET":
            answer.make_conditional(request)


def watch_requests(app: Flask) -> None:
    """Give each request an id, a log line, a metric, and safe headers."""
    app.before_request(_arrive)
    app.after_request(_leave)


def _arrive() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if is_id(given) else new_id()
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _leave(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    said = {name.lower() for name, _ in answer.headers}
    answer.headers.extend(pair for pair in HEADERS.items() if pair[0].lower() not in said)
    _report(answer)
    return answer


def _report(answer: Response) -> None:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    # The rule, never the path: a path may name a customer, and would make a series of its own.
    rule = str(request.url_rule or "none")
    metrics.observe_request(request.method, rule, answer.status_code, seconds)
    fields: dict[str, Any] = {
        "method": request.method,
        "rule": rule,
        "status": answer.status_code,
        "ms": round(seconds * 1000, 1),
        "actor_id": g.get("actor_id"),
    }
    log.info("request", **fields)
