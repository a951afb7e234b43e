"""The API document is generated, whole and true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openapi_spec_validator

from tests.app.test_house_rules import _all_errors
from tests.support.contract import document_of, operations

FILE = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"
# Never answered by a route: only commands say it, or a service above turns it into its own word.
NOT_OVER_HTTP = {
    "backup_failed",
    "epoch_begun",
    "fact_in_future",
    "no_demo_in_production",
    "no_such_lunar_day",
    "not_an_importer",
    "plan_out_of_reach",
    "restored_in_future",
    "source_reserved",
}


def test_the_file_equals_the_code(app):
    """Mend with: ./run flask openapi write openapi/openapi.json."""
    written = json.loads(FILE.read_text(encoding="utf-8"))

    assert written == json.loads(json.dumps(document_of(app)))


def test_it_is_valid_openapi_3_1(app):
    document = document_of(app)

    assert document["openapi"].startswith("3.1")
    openapi_spec_validator.validate(document)


def test_every_operation_says_what_it_does(app):
    silent = [o.name for o in operations(document_of(app)) if not o.document.get("summary")]

    assert silent == []


def test_every_route_of_the_api_is_in_the_document(app):
    rules = {
        re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", str(rule))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/v1/")
    }

    assert rules == set(document_of(app)["paths"])


def test_every_problem_code_is_documented(app):
    told = json.dumps([o.document["responses"] for o in operations(document_of(app))])
    codes = {e.code for e in _all_errors()} - NOT_OVER_HTTP

    assert {c for c in codes if f"`{c}`" not in told} == set()


def test_the_page_that_shows_it_asks_nobody_else(client):
    page = client.get("/docs")

    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert re.findall(r'(?:src|href)="(?!/docs/assets/)', page.text) == []
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        with client.get(asset) as answer:
            assert answer.status_code == 200, asset
