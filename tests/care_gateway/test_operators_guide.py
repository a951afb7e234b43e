"""What the guide for gateways shows is what the contract takes and gives."""

import re
from pathlib import Path

import orjson
import pytest

from crm_api.care.gateway import schemas
from crm_api.care.gateway.terms import AckResult, Refusal

GUIDE = Path(__file__).parents[2] / "docs" / "gateway-operators.md"
TEXT = GUIDE.read_text(encoding="utf-8")
SHOWN = re.findall(r"```json (\S+) /v1/gateway/(\S+)\n(.*?)```", TEXT, re.DOTALL)
TAKEN = {
    "leases": schemas.LeaseRequestSchema,
    "begins": schemas.BeginsSchema,
    "acks": schemas.AcksSchema,
    "reports": schemas.DeliveryReportsSchema,
    "inbound": schemas.InboundsSchema,
    "leases/extensions": schemas.ExtensionsSchema,
}
GIVEN = {"leases": schemas.HandSchema, "begins": schemas.BeginAnswersSchema}


def keys_of(value):
    """Return the shape of a document: its names, all the way down."""
    if isinstance(value, dict):
        return {name: keys_of(inner) for name, inner in value.items()}
    return [keys_of(inner) for inner in value] if isinstance(value, list) else None


@pytest.mark.parametrize(("what", "call", "body"), SHOWN, ids=[f"{w} {c}" for w, c, _ in SHOWN])
def test_each_body_fits_its_schema(what, call, body):
    document = orjson.loads(body)
    if what == "POST":
        assert TAKEN[call]().load(document)
    else:
        loaded = GIVEN[call]().load(document)
        assert keys_of(GIVEN[call]().dump(loaded)) == keys_of(document)


def test_every_call_with_a_body_is_shown():
    assert {call for what, call, _ in SHOWN if what == "POST"} == set(TAKEN)


@pytest.mark.parametrize("result", AckResult)
def test_every_answer_of_a_gateway_is_explained(result):
    assert f"| `{result}` |" in TEXT


@pytest.mark.parametrize("name", ["lease_lost", "opted_out", "cancelled", "expired", "held"])
def test_the_reasons_it_names_are_ours(name):
    assert Refusal(name)
    assert f"`{name}`" in TEXT
