"""Every refusal leaves as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request, url_for
from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    OperationalError,
    TimeoutError,  # noqa: A004
)
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from crm_api.kit.errors import Busy, DomainError, MovedOn
from crm_api.kit.json import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger()

HTTP_CODES = {
    400: "bad_request",
    404: "no_such_route",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    413: "body_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    431: "headers_too_large",
}
BUSY_STATES = (
    "55P03",
    "57014",
    "40001",
    "40P01",
)  # lock, statement time-out; serialisation, deadlock


def problem(
    status: int, code: str, detail: str, extra: Mapping[str, Any] | None = None
) -> Response:
    """Build the answer that refuses."""
    body: dict[str, Any] = {
        "type": f"urn:crm:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": g.get("request_id", ""),
        **(extra or {}),
    }
    answer = current_app.response_class(
        orjson.dumps(body, option=OPTIONS), status, content_type="application/problem+json"
    )
    if "retry_after" in body:
        answer.headers["Retry-After"] = str(body["retry_after"])
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def register_problems(app: Flask) -> None:
    """Teach the app to answer every error as a problem."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(TimeoutError, lambda _: _refused(Busy()))  # no connection was free
    app.register_error_handler(Exception, _crashed)


def _refused(error: DomainError) -> Response:
    if isinstance(error, MovedOn) and (place := _new_place(error)) is not None:
        answer = problem(308, error.code, error.detail, error.details)
        answer.headers["Location"] = place
        return answer
    return problem(error.status, error.code, error.detail, error.details)


def _new_place(error: MovedOn) -> str | None:
    """Return where to read on, where the path names what moved on.

    Not for a change: its If-Match was read of another record than the one that it would meet.
    """
    ids = request.view_args or {}
    if request.method not in ("GET", "HEAD") or error.from_id not in ids.values():
        return None
    moved: dict[str, Any] = {
        name: error.to_id if one == error.from_id else one for name, one in ids.items()
    }
    path = url_for(str(request.endpoint), **moved)
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    detail = error.description or HTTPStatus(status).description or HTTPStatus(status).phrase
    if isinstance(error, RequestEntityTooLarge):
        detail = "The body is larger than this route takes. Send it in smaller pieces."
    answer = problem(status, HTTP_CODES.get(status, "http_error"), str(detail))
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def _stale(_error: StaleDataError) -> Response:
    detail = "Somebody changed the record at the same time. Read it again and repeat your change."
    return problem(412, "stale_version", detail, {})


def _database(error: DBAPIError) -> Response:
    if is_busy(error):
        log.warning("database_busy", said=str(error.orig).partition("\n")[0])
        return _refused(Busy())
    if isinstance(error, IntegrityError):
        log.warning("constraint_refused", constraint=_constraint(error))
        detail = "This would contradict what is stored. Read the records again and repeat."
        return problem(409, "conflict", detail, {})
    return _crashed(error)


def is_busy(error: DBAPIError) -> bool:
    """Tell whether a statement waited too long for others, or lost or never got a connection."""
    if error.connection_invalidated:
        return True
    never_connected = error.statement is None  # unless it went at the commit
    if isinstance(error, OperationalError) and (never_connected or "locked" in str(error.orig)):
        return True
    return getattr(error.orig, "sqlstate", None) in BUSY_STATES


def _constraint(error: IntegrityError) -> str:
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or str(error.orig).split(":")[-1].strip()


def _crashed(error: Exception) -> Response:
    log.error("request_crashed", error=type(error).__name__, exc_info=error)
    detail = "Something broke on our side and nothing was stored. It is safe to repeat the request."
    return problem(500, "internal_error", detail, {})
