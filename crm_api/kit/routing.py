"""Blueprints that read bodies strictly and document every refusal."""

from __future__ import annotations

from datetime import date
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request, request
from flask.globals import request_ctx
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import MethodNotAllowed, UnsupportedMediaType
from werkzeug.routing import BaseConverter, ValidationError

from crm_api.kit import json
from crm_api.kit.errors import DomainError, Invalid, StaleVersion, VersionRequired
from crm_api.kit.idempotency import HEADER, LONGEST_KEY, KeyReused
from crm_api.kit.schemas import FIRST_DAY, LAST_DAY, ProblemSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


V = TypeVar("V")

MOST_KEPT = 4_096
LONGEST_KEPT = 400  # characters

ANYWHERE: dict[int, tuple[str, ...]] = {
    400: ("bad_request",),
    404: ("no_such_route",),
    429: ("too_many_requests",),
    500: ("internal_error",),
    503: ("busy",),
}
IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "A repeat with the same key and body gives the first answer (kept 48 h).",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "example": '"1"',
    "description": "The ETag that you read.",
}


class InvalidRequest(DomainError):
    """The request does not have the shape that its contract asks for."""

    status = 422
    code = "invalid"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("Some fields are not as they must be; see `errors`.", errors=errors)


class Parser(FlaskParser):
    """Reads arguments: unknown names are refused wherever they come."""

    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "form", "files"), ma.RAISE)

    def parse(self, argmap: Any, req: Request | None = None, **how: Any) -> Any:
        """Read the arguments, those that are repeated once for the same texts."""
        asked = req or request_ctx.request
        texts = _repeated(argmap, asked, how.get("location"))
        if texts is None:
            return super().parse(argmap, asked, **how)
        return dict(self._read(argmap, texts, location=how["location"]))

    @lru_cache(maxsize=MOST_KEPT)  # noqa: B019 - there is one parser
    def _read(self, schema: ma.Schema, _texts: Hashable, *, location: str) -> Any:
        return super().parse(schema, request_ctx.request, location=location)

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
        raise InvalidRequest(point_at(messages)) from None


def _repeated(schema: Any, asked: Request, location: str | None) -> Hashable | None:
    """Return the texts that a repeated schema reads, where they are short enough to be kept."""
    if not getattr(schema, "is_repeated", False):
        return None
    if location == "query":
        query = asked.query_string
        return query if len(query) <= LONGEST_KEPT else None
    texts = tuple(asked.headers.get(field.data_key) for field in schema.fields.values())
    return texts if sum(map(len, filter(None, texts))) <= LONGEST_KEPT else None


def point_at(messages: Any, path: str = "") -> list[dict[str, str]]:
    """Return what marshmallow found, each fault with the JSON pointer to its place."""
    if isinstance(messages, dict):
        parts = [(("" if k == "_schema" else f"/{k}"), v) for k, v in messages.items()]
        return [found for k, v in parts for found in point_at(v, path + k)]
    return [{"pointer": path, "message": str(m)} for m in messages]


class RecordIdConverter(BaseConverter):
    """`<record_id:…>`: an id as the whole API writes them."""

    regex = "[A-Za-z0-9_-]{1,64}"


class DayConverter(BaseConverter):
    """`<day:…>`: a local calendar day. What is none is a page that does not exist."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """Read the day; one that no calendar of ours reaches is none."""
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError
        return day

    def to_url(self, value: date) -> str:
        """Write the day."""
        return value.isoformat()


class Blueprint(flask_smorest.Blueprint):
    """A group of routes with a contract."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_refusals)

    def document_with(self, change: Callable[..., Any]) -> None:
        """Let a group of routes that speaks another protocol document its answers its own way."""
        self._prepare_doc_cbks.append(change)


def refuses(*errors: type[DomainError]) -> Callable[[V], V]:
    """Document which refusals of the domain a route may answer with. Stands below the guard."""

    def decorate(view: V) -> V:
        note_refusals(view, errors)
        return view

    return decorate


def changes(view: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a GET changes something: some stock products know no other verb.

    It runs in a transaction that may write. HEAD, which Flask lets in wherever GET is, must not.
    """

    @wraps(view)
    def changing(*args: Any, **kwargs: Any) -> Any:
        if request.method != "GET":
            raise MethodNotAllowed(valid_methods=["GET"])
        return view(*args, **kwargs)

    changing.changes = True  # type: ignore[attr-defined]
    return changing


def note_refusals(view: Any, errors: tuple[type[DomainError], ...]) -> None:
    """Add refusals to what is known of a view."""
    known = getattr(view, "_apidoc", {})
    view._apidoc = {**known, "refusals": (*known.get("refusals", ()), *errors)}  # noqa: SLF001


def _document_refusals(doc: Any, doc_info: Any, *, method: str, **_: Any) -> Any:
    told = doc_info.get("refusals", ())
    errors = tuple(e for e in told if e is not KeyReused or method == "post")
    responses = doc.setdefault("responses", {})
    responses.pop("422", None)
    for status, codes in sorted(_codes(doc_info, method, errors).items()):
        responses[str(status)] = {
            "description": "Refused: " + ", ".join(f"`{c}`" for c in sorted(codes)) + ".",
            "content": {"application/problem+json": {"schema": ProblemSchema}},
        }
    headers = [IDEMPOTENCY_KEY] if KeyReused in errors else []
    headers += [IF_MATCH] if VersionRequired in errors else []
    if headers:
        doc["parameters"] = [*doc.get("parameters", []), *headers]
    return doc


def _codes(
    doc_info: Any, method: str, errors: tuple[type[DomainError], ...]
) -> dict[int, set[str]]:
    codes = {status: set(found) for status, found in ANYWHERE.items()}
    if "arguments" in doc_info:
        codes[422] = {"invalid"}
        if method in ("post", "put", "patch"):
            codes[400].add("malformed_json")
            codes |= {413: {"body_too_large"}, 415: {"unsupported_media_type"}}
    for error in errors:
        codes.setdefault(error.status, set()).add(error.code)
    return codes


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


def given_version() -> int | None:
    """Return the version that the caller says to have read, where the caller says so.

    For a change of state, whose repeat must be answered whatever its sender had read.

    :raises Invalid: if it is not an ETag of this API
    """
    return expected_version() if "If-Match" in request.headers else None


UPDATES = (StaleVersion, VersionRequired)
