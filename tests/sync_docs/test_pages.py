"""The pages about sync say what the code does."""

from __future__ import annotations

import json
import re

import pytest

from crm_api.app.schedule import JOBS
from crm_api.sync.commands import sync
from crm_api.sync.pulling.values import Whole
from crm_api.sync.tables import TABLES
from tests.support.contract import document_of, operations
from tests.sync_docs.pages import PAGE, filled

OPERATORS = PAGE.with_name("running-sync.md")
PHONES_CALL = ("GET /v1/sync/pull", "GET /v1/sync/poll", "POST /v1/sync/push")


def page():
    return PAGE.read_text(encoding="utf-8")


def section(text, title):
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_tables_codes_and_limits_are_those_of_the_code():
    """Mend with: python -m tests.sync_docs.pages."""
    assert page() == filled(page())


def test_each_table_says_what_a_phone_finds_in_it():
    windows = section(page(), "What syncs").partition("<!-- tables")[0]

    assert {name for name in TABLES if f"`{name}`" not in windows} == set()


@pytest.mark.one_engine
def test_each_refusal_of_a_request_says_what_the_app_does(app):
    told = section(page(), "Requests that are refused")
    answers = [
        o.document["responses"] for o in operations(document_of(app)) if o.name in PHONES_CALL
    ]
    codes = set(
        re.findall(r"`([a-z_]+)`", " ".join(re.findall(r'"Refused: [^"]*', json.dumps(answers))))
    )

    assert len(answers) == len(PHONES_CALL)
    assert {code for code in codes if f"`{code}`" not in told} == set()


def test_each_notice_is_told():
    assert {notice for notice in Whole if f"`{notice}`" not in section(page(), "Pull")} == set()


def test_the_operators_page_names_each_command_and_when_it_runs():
    text = OPERATORS.read_text(encoding="utf-8")
    regular = section(text, "Regular work")

    assert {name for name in sync.commands if f"`flask sync {name}`" not in regular} == set()
    jobs = [job.name for job in JOBS if job.command[0] == "sync"]
    assert {job for job in jobs if f"`flask {job}`" not in regular} == set()


def test_links_lead_somewhere():
    for text in (page(), OPERATORS.read_text(encoding="utf-8")):
        heads = {
            re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-")
            for h in re.findall(r"^## (.*)$", text, re.MULTILINE)
        }
        for target in re.findall(r"\]\(([^)h][^)]*)\)", text):
            path, _, anchor = target.partition("#")
            assert not path or (PAGE.parent / path).exists(), target
            assert path or anchor in heads, target
