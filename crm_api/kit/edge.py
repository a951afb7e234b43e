"""The edge of the house: what happens around every request."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from flask.globals import app_ctx, request_ctx
from flask_smorest.utils import get_appcontext
from werkzeug.exceptions import BadRequest

from crm_api.kit import logs, metrics
from crm_api.kit.db import statements_apart
from crm_api.kit.ids import is_id, new_id
from crm_api.kit.json import OrjsonProvider
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request
    from flask.typing import ResponseReturnValue

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_HEADERS = tuple((name.lower(), name, value) for name, value in HEADERS.items())
READS = ("GET", "HEAD", "OPTIONS")
METHODS = {*READS, "POST", "PUT", "PATCH", "DELETE"}  # anybody may send others, without end


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
        asked = request_ctx.request
        if "\x00" in asked.path:
            raise BadRequest("The path holds a NUL character.")
        view = self.view_functions.get(asked.endpoint or "")
        reads = asked.method in READS and not getattr(view, "changes", False)
        with statements_apart() if reads else nullcontext(), transaction(read_only=reads):
            answer = self.make_response(super().dispatch_request())
            _set_etag(answer, asked)
        return answer


def _set_etag(answer: Response, asked: Request) -> None:
    shown = get_appcontext().get("result_dump")
    if isinstance(shown, dict) and isinstance(shown.get("version"), int):
        answer.set_etag(str(shown["version"]))
        if asked.method == "GET":
            answer.make_conditional(asked)


def watch_requests(app: Flask) -> None:
    """Give each request an id, a log line, a metric, and safe headers."""
    app.before_request(_arrive)
    app.after_request(_leave)


def _arrive() -> None:
    kept = app_ctx.g
    given = request_ctx.request.headers.get("X-Request-Id", "")
    kept.request_id = given if is_id(given) else new_id()
    kept.started = time.perf_counter()
    logs.request_id.set(kept.request_id)


def _leave(answer: Response) -> Response:
    kept, headers = app_ctx.g, answer.headers
    headers["X-Request-Id"] = kept.get("request_id", "")
    said = {name.lower() for name, _ in headers}
    for lower, name, value in _HEADERS:
        if lower not in said:
            headers.add(name, value)
    _report(request_ctx.request, kept, answer.status_code)
    return answer


def _report(asked: Request, kept: Any, status: int) -> None:
    seconds = time.perf_counter() - kept.get("started", time.perf_counter())
    # The rule, never the path: a path may name a customer, and would make a series of its own.
    rule = asked.url_rule.rule if asked.url_rule is not None else "none"
    method = asked.method if asked.method in METHODS else "other"
    metrics.observe_request(method, rule, status, seconds)
    logs.write_request(
        method=method,
        rule=rule,
        status=status,
        ms=round(seconds * 1000, 1),
        actor_id=kept.get("actor_id"),
    )
