"""The OpenAPI document, generated from the schemas, and the page that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask_smorest

from crm_api.kit.schemas import ProblemSchema

if TYPE_CHECKING:
    from flask import Flask

INFO = {
    "description": "Customers, contact frequency, visits and care messages of a field team.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


class Api(flask_smorest.Api):
    """The API and its document. Errors are answered by `kit.problems`, not here."""

    ERROR_SCHEMA = ProblemSchema

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
    api = Api(app, spec_kwargs={"info": INFO})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    return api
