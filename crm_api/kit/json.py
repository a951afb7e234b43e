"""JSON in and out by orjson: strict on the way in, moments as RFC 3339 on the way out."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

from crm_api.kit.errors import DomainError

MAX_DEPTH = 32
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class MalformedJson(DomainError):
    """The body cannot be read as JSON, or holds what no database can keep."""

    status = 400
    code = "malformed_json"


class OrjsonProvider(JSONProvider):
    """What `jsonify` and `request.json` use."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Write JSON."""
        return orjson.dumps(obj, option=OPTIONS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Read JSON strictly."""
        return loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        """Answer with JSON, without going through text."""
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=OPTIONS)
        return Response(body, mimetype="application/json")


def loads(text: str | bytes) -> Any:
    """Read JSON; refuse NaN, lone surrogates, NUL characters and absurd nesting.

    :raises MalformedJson: with what to mend
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = f"The body is not valid JSON: {error}."
        raise MalformedJson(msg) from None
    _refuse_poison(content)
    return content


def _refuse_poison(content: Any) -> None:
    level, depth = [content], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            msg = f"The body is nested deeper than {MAX_DEPTH} levels."
            raise MalformedJson(msg)
        level = [child for value in level for child in _children(value)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, str) and "\x00" in value:
        msg = "The body holds a NUL character, which no text may contain."
        raise MalformedJson(msg)
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []
