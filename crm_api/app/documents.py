"""The OpenAPI document, generated from the schemas, and the page that shows it."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

import flask_smorest
from apispec import BasePlugin
from flask import Blueprint, Response

from crm_api.customers.errors import CustomerMerged
from crm_api.kit.schemas import ProblemSchema

if TYPE_CHECKING:
    from apispec import APISpec
    from flask import Flask

INFO = {
    "description": "Customers, contact frequency, visits and care messages of a field team.\n\n"
    "Every refusal is `application/problem+json` with a stable `code`. Lists are paged by "
    "`limit` and `cursor`. A POST takes an `Idempotency-Key`; an update takes the `ETag` that was "
    "read as `If-Match`. Moments are RFC 3339, money is integer fen, phones are E.164.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of `POST /v1/sign-ins`.",
    },
    "client_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A machine client's key, made by `flask accounts create-client`.",
    },
}
PROBLEM = {"$ref": "#/components/schemas/Problem"}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Field-visit CRM: API documents</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="documents"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""
# Swagger UI sets style attributes and shows its icons from data URLs; it loads nothing from afar.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)

page = Blueprint(
    "docs", __name__, static_folder="static/swagger-ui", static_url_path="/docs/assets"
)


@page.get("/docs")
def show_documents() -> Response:
    """Show the API document to people."""
    answer = Response(PAGE, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = PAGE_POLICY
    return answer


class MovedOnPlugin(BasePlugin):
    """Document what is answered where a path or a body names a customer that was merged."""

    def operation_helper(self, path: str | None = None, operations: Any = None, **_: Any) -> None:
        """Add where to read on, and that nothing is changed by a former id."""
        is_named = "{customer_id}" in (path or "")
        for method, operation in (operations or {}).items():
            responses = operation["responses"]
            if method == "get" and is_named:
                _add_code(responses, "308", CustomerMerged.code)
            elif method != "get" and "`not_found`" in str(responses.get("404")):
                _add_code(responses, "409", CustomerMerged.code)


def _add_code(responses: dict[str, Any], status: str, code: str) -> None:
    told = responses.get(status, {}).get("description", "Refused: .")
    codes = {*told.split("`")[1::2], code}
    responses[status] = {
        "description": "Refused: " + ", ".join(f"`{one}`" for one in sorted(codes)) + ".",
        "content": {"application/problem+json": {"schema": PROBLEM}},
    }


class Api(flask_smorest.Api):
    """The API and its document. Errors are answered by `kit.problems`, not here.

    The document takes half of an application's start, and few processes are ever asked for it:
    it is written when somebody first reads it.
    """

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None  # each refusal is named, so that none can hide behind it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unwritten: list[Any] = []
        self._writing = RLock()
        super().__init__(*args, **kwargs)

    @property
    def spec(self) -> APISpec:
        """The document, with every route that is registered by now."""
        with self._writing:
            while self._unwritten:
                self._describe(self._unwritten.pop(0))
        return self._spec

    @spec.setter
    def spec(self, spec: APISpec) -> None:
        self._spec = spec

    def register_blueprint(self, blp: Any, **options: Any) -> None:
        """Register routes; what they say of themselves is read later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._unwritten.append(blp)

    def _describe(self, blp: Any) -> None:
        blp.register_views_in_doc(self, self._app, self._spec, name=blp.name, parameters=None)
        self._spec.tag({"name": blp.name, "description": blp.description})

    def _register_error_handlers(self) -> None:
        """Leave errors to the edge."""


def publish(app: Flask, blueprints: list[Any]) -> Api:
    """Register the routes and serve their document."""
    app.config.update(
        API_TITLE="Field-visit CRM",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = Api(app, spec_kwargs={"info": INFO, "extra_plugins": [MovedOnPlugin()]})
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    app.register_blueprint(page)
    return api
