import csv
import json
import tomllib
from pathlib import Path

import phonenumbers
import pytest

from crm_api.customers.imports.policies import fictional
from crm_api.customers.imports.policies.mapping import (
    FieldRule,
    FileMapping,
    map_cells,
    read_mapping,
)
from crm_api.customers.imports.schemas import MappingSchema

SAMPLES = Path(__file__).resolve().parents[2] / "seeds" / "samples"


def text_of(cell, **rule):
    mapping = FileMapping(source="x", fields={"name": FieldRule(column="c", **rule)})
    texts, reasons = map_cells(mapping, {"c": cell})
    return texts.get("name", reasons)


@pytest.mark.parametrize(
    ("cell", "rule", "expected"),
    [
        (" a ", {}, "a"),
        ("Male", {"values": {"Male": "male"}}, "male"),
        ("X", {"values": {"Male": "male"}}, ["name: the mapping gives no value for this text"]),
        ("", {"values": {"Male": "male"}}, ""),
        ("29.85", {"derive": "minor_units"}, "2985"),
        ("1,234.5", {"derive": "minor_units"}, "123450"),
        ("-3", {"derive": "minor_units", "digits": 0}, "-3"),
        ("5", {"derive": "months_before", "day": "2026-03-31"}, "2025-10-31"),
        ("1", {"derive": "months_before", "day": "2026-03-31"}, "2026-02-28"),
        ("0", {"derive": "months_before", "day": "2026-03-01"}, "2026-03-01"),
        (
            "x",
            {"derive": "months_before", "day": "2026-03-01"},
            ["name: this is not a number of months"],
        ),
        (
            "99999",
            {"derive": "months_before", "day": "2026-03-01"},
            ["name: this is not a number of months"],
        ),
        ("", {"derive": "fictional_name"}, ""),
        ("id", {"derive": "pick", "choices": ("only",)}, "only"),
    ],
)
def test_a_rule_makes_a_text(cell, rule, expected):
    assert text_of(cell, **rule) == expected


def test_a_template_joins_columns():
    rule = FieldRule(template="{a}, {b} plan")
    mapping = FileMapping(source="x", fields={"plan_name": rule})

    assert mapping.columns == {"a", "b"}
    assert map_cells(mapping, {"a": "DSL ", "b": "{a}"})[0] == {"plan_name": "DSL, {a} plan"}


@pytest.fixture(scope="module")
def subscribers():
    with (SAMPLES / "telco_churn.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sample_mapping():
    text = (SAMPLES / "telco_churn.mapping.toml").read_text(encoding="utf-8")
    return read_mapping(MappingSchema().load(tomllib.loads(text)))


def test_the_samples_made_up_numbers_are_valid_mobiles_and_never_meet(subscribers, sample_mapping):
    numbers = [map_cells(sample_mapping, cells)[0]["phone"] for cells in subscribers]

    assert len(numbers) == len(set(numbers)) == 7043
    for number in numbers:
        parsed = phonenumbers.parse(number)
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
        assert number[6:9] == "000"


def test_the_sample_says_who_and_since_when(subscribers, sample_mapping):
    texts, reasons = map_cells(sample_mapping, subscribers[0])

    assert reasons == []
    assert texts["external_id"] == "7590-VHVEG"
    assert texts["name"].startswith("虚构")
    assert texts["joined_on"] == "2026-02-01"
    assert texts["plan_monthly_fen"] == "2985"
    assert texts["plan_name"] == "DSL, Month-to-month"


def test_what_is_made_up_is_always_made_up_alike():
    assert (
        fictional.mobile_of("a") == fictional.mobile_of("a") != fictional.mobile_of("a", salt="1")
    )
    assert fictional.name_of("7590-VHVEG") == "虚构柏晨"


def test_a_mapping_survives_being_stored():
    text = (SAMPLES / "telco_churn.mapping.toml").read_text(encoding="utf-8")
    content = MappingSchema().load(tomllib.loads(text))

    assert read_mapping(json.loads(json.dumps(content))) == read_mapping(content)
