"""Arguments that callers repeat are read once, and are nobody else's."""

from __future__ import annotations

import pytest
from marshmallow import EXCLUDE, fields

from crm_api.kit.routing import LONGEST_KEPT, InvalidRequest, Parser
from crm_api.kit.schemas import Schema


class Counting(fields.Integer):
    read = 0

    def _deserialize(self, *args, **kwargs):
        Counting.read += 1
        return super()._deserialize(*args, **kwargs)


class RepeatedSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    is_repeated = True
    number = Counting(required=True, data_key="X-Number")


@pytest.fixture
def ask(app, monkeypatch):
    """Read the arguments of a request, by a parser that remembers nothing yet."""
    monkeypatch.setattr(Counting, "read", 0)
    parser, schema = Parser(), RepeatedSchema()

    def ask(location, said):
        given = {"query_string": {"X-Number": said}} if location == "query" else {}
        with app.test_request_context("/", headers={"X-Number": said}, **given):
            return parser.parse(schema, location=location)

    return ask


@pytest.mark.parametrize("location", ["query", "headers"])
def test_the_same_is_read_once(ask, location):
    first = ask(location, "7")
    first["number"] = 8  # as a route may
    again = ask(location, "7")

    assert again == {"number": 7}
    assert ask(location, "9") == {"number": 9}
    assert Counting.read == 2


@pytest.mark.parametrize("location", ["query", "headers"])
def test_what_is_long_is_not_kept(ask, location):
    for _ in "12":
        assert ask(location, "7".rjust(LONGEST_KEPT + 1, "0")) == {"number": 7}

    assert Counting.read == 2


def test_what_is_wrong_is_refused_each_time(ask):
    for _ in "12":
        with pytest.raises(InvalidRequest):
            ask("query", "seven")
