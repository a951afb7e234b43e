"""Whatever is sent, the answer is a problem that says what to mend, never a crash."""

from __future__ import annotations

import json

import pytest

from crm_api.accounts.models import Role, Scope
from tests.factories.accounts import make_staff, make_team
from tests.support.contract import document_of, example, operations

DEEP = b'{"a":' * 500 + b"1" + b"}" * 500
POISONED_BODIES = {
    "empty": b"",
    "cut off": b'{"a": ',
    "a list": b"[]",
    "null": b"null",
    "a text": b'"text"',
    "a number": b"1e400",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "NUL in a value": b'{"a": "\\u0000"}',
    "NUL in a name": b'{"a\\u0000": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "deep": DEEP,
    "unknown field": b'{"nobody_knows_this": 1}',
}
POISONED_VALUES = [
    None,
    True,
    -1,
    0,
    10**30,
    2**63,
    1.5,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    "",
    " ",
    "x" * 1_000_000,
    "a\u200b\u202e名\U0001f600" * 20,
    "=cmd|'/c calc'!A1",
    "{{7*7}}{0.__class__}%s",
    "../../etc/passwd",
    "0001-01-01",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999+23:59",
    "2026-02-30",
    "2026-03-03T02:00:00",
    "24:00",
    "+86123",
    "' OR 1=1 --",
]


@pytest.fixture
def callers(app, sign_in, sign_in_client):
    team = make_team()
    person = {role: sign_in(make_staff(role, team)) for role in Role}
    machine = sign_in_client(*Scope)

    def callers(operation):
        if operation.is_for_machines:
            return [machine]
        return [person[Role.ADMIN], person[Role.ACCOUNT_MANAGER]]

    return callers


def _check(reply, operation, sent):
    told = f"{operation.name} with {str(sent)[:200]!r}: {reply.status_code} {reply.text[:300]}"
    assert reply.status_code < 500, told
    if reply.status_code >= 400:
        assert reply.content_type == "application/problem+json", told
        assert reply.json["code"], told
        assert reply.json["detail"], told


def _ask(caller, operation, body):
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    return getattr(caller, operation.method)(operation.url(), data=body, headers=headers)


def test_poisoned_bodies_are_refused(app, callers):
    for operation in operations(document_of(app)):
        if operation.body_schema is None:
            continue
        for name, body in POISONED_BODIES.items():
            reply = _ask(callers(operation)[0], operation, body)
            _check(reply, operation, name)
            assert reply.status_code >= 400, f"{operation.name} took a body with {name}"


# The stock client's example sends its JSON under no content type at all.
OF_ANY_TYPE = {"POST /v1/sync/push"}


def test_a_body_that_is_not_json_is_415(app, callers):
    for operation in operations(document_of(app)):
        if operation.body_schema is None or operation.name in OF_ANY_TYPE:
            continue
        caller = callers(operation)[0]
        reply = getattr(caller, operation.method)(
            operation.url(), data=b"a=1", headers={"Content-Type": "text/plain", "If-Match": '"1"'}
        )
        assert reply.status_code == 415, f"{operation.name}: {reply.status_code} {reply.text}"


@pytest.mark.heavy
def test_poisoned_fields_are_refused_or_stored_whole(app, callers):
    document = document_of(app)
    for operation in operations(document):
        schema = operation.body_schema
        if schema is None:
            continue
        good = example(schema, document)
        for name in schema.get("properties", {}):
            for value in POISONED_VALUES:
                body = json.dumps({**good, name: value}).encode()
                reply = _ask(callers(operation)[-1], operation, body)
                _check(reply, operation, f"{name}={value!r}")


def test_poisoned_queries_are_refused(app, callers):
    values = [
        "",
        "\x00",
        "x" * 3000,
        "-1",
        "9999999999999999999",
        "0001-01-01",
        "[]",
        "%",
        "_",
        "😀",
    ]
    values += ["9999-12-31T23:59:59Z", "2026-03-03T02:00:00", "' OR 1=1 --"]
    for operation in operations(document_of(app)):
        if operation.method != "get" or operation.is_public:
            continue
        caller = callers(operation)[0]
        unknown = caller.get(operation.url(), query_string={"nobody_knows_this": "1"})
        _check(unknown, operation, "an unknown query")
        for name in operation.query_names:
            for value in values:
                reply = caller.get(operation.url(), query_string={name: value})
                _check(reply, operation, f"?{name}={value!r}")


def test_hostile_ids_are_not_found(app, callers):
    for operation in operations(document_of(app)):
        if "{" not in operation.path or operation.is_public:
            continue
        head, _, _ = operation.path.partition("{")
        for hostile in ("%00", "..%2f..%2fetc", "a" * 65, "名", "a.b", "%ff"):
            reply = getattr(callers(operation)[0], operation.method)(head + hostile)
            assert reply.status_code in (400, 404, 405), f"{operation.name} {hostile}: {reply.text}"
