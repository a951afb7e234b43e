"""Blueprints that read bodies strictly and document every refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.routing import BaseConverter

from crm_api.kit import json
from crm_api.kit.errors import DomainError, Invalid, StaleVersion, VersionRequired
from crm_api.kit.schemas import ProblemSchema

if TYPE_CHECKING:
    from collections.abc import Callable


V = TypeVar("V")


class InvalidRequest(DomainError):
    """The request does not have the shape that its contract asks for."""

    status = 422
    code = "invalid"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("Some fields are not as they must be; see `errors`.", errors=errors)


class Parser(FlaskParser):
    """Reads arguments: unknown names are refused wherever they come."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "form", "files"), ma.RAISE)

    def load_json(self, req: Request, _schema: ma.Schema) -> Any:
        """Read the body as strict JSON."""
        if not req.is_json:
            raise UnsupportedMediaType("Send the body as application/json.")
        return json.loads(req.get_data(cache=True))

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Read the query, which may hold no NUL either."""
        if any("\x00" in value for values in req.args.listvalues() for value in values):
            raise Invalid("/query", "Remove the NUL character.")
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Say where each fault lies."""
        messages = error.messages
        if isinstance(messages, dict) and set(messages) <= {"json", "query", "form", "files"}:
            messages = next(iter(messages.values()))
        raise InvalidRequest(_pointers(messages)) from None


def _pointers(messages: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(messages, dict):
        parts = [(("" if k == "_schema" else f"/{k}"), v) for k, v in messages.items()]
        return [found for k, v in parts for found in _pointers(v, path + k)]
    return [{"pointer": path, "message": str(m)} for m in messages]


class RecordIdConverter(BaseConverter):
    """`<record_id:…>`: an id as the whole API writes them."""

    regex = "[A-Za-z0-9_-]{1,64}"


class Blueprint(flask_smorest.Blueprint):
    """A group of routes with a contract."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_refusals)


def refuses(*errors: type[DomainError]) -> Callable[[V], V]:
    """Document which refusals of the domain a route may answer with. Stands below the guard."""

    def decorate(view: V) -> V:
        note_refusals(view, errors)
        return view

    return decorate


def note_refusals(view: Any, errors: tuple[type[DomainError], ...]) -> None:
    """Add refusals to what is known of a view."""
    known = getattr(view, "_apidoc", {})
    view._apidoc = {**known, "refusals": (*known.get("refusals", ()), *errors)}  # noqa: SLF001


def _document_refusals(doc: Any, doc_info: Any, *, method: str, **_: Any) -> Any:
    by_status: dict[int, set[str]] = {400: {"bad_request"}, 429: {"too_many_requests"}}
    if "arguments" in doc_info:
        by_status[422] = {"invalid"}
        if method in ("post", "put", "patch"):
            by_status[400] |= {"malformed_json"}
            by_status |= {413: {"body_too_large"}, 415: {"unsupported_media_type"}}
    for error in doc_info.get("refusals", ()):
        by_status.setdefault(error.status, set()).add(error.code)
    responses = doc.setdefault("responses", {})
    responses.pop("422", None)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "Refused: " + ", ".join(f"`{c}`" for c in sorted(codes)) + ".",
            "content": {"application/problem+json": {"schema": ProblemSchema}},
        }
    return doc


def expected_version() -> int:
    """Return the version that the caller says to have read (If-Match).

    :raises VersionRequired: if the header is missing
    :raises Invalid: if it is not an ETag of this API
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionRequired
    version = given.strip().strip('"')
    if not version.isdecimal() or len(version) > 9:  # noqa: PLR2004 - no record changes so often
        raise Invalid("/headers/If-Match", 'Send the ETag as you read it, such as "3".')
    return int(version)


UPDATES = (StaleVersion, VersionRequired)
