"""`flask contact-frequency …`."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from crm_api.contact_frequency.commands import contact_frequency
from tests.contact_frequency.test_audit import push
from tests.factories.contact_frequency import make_plan, reserve

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def run(app, *words):
    return app.test_cli_runner().invoke(contact_frequency, words)


def test_a_clean_ledger_is_said_to_be_clean(app, customer, now):
    reserve(make_plan(customer, now + HOUR))

    result = run(app, "audit")

    assert result.exit_code == 0
    assert "clean" in result.output


def test_a_breach_without_a_cause_ends_with_code_1_and_a_table(app, customer, now):
    first = reserve(make_plan(customer, now + HOUR))
    second = reserve(make_plan(customer, now + 2 * DAY))
    push(second, now + 2 * HOUR)

    result = run(app, "audit")

    assert result.exit_code == 1
    assert "gap_24_hours" in result.output
    assert first.id in result.output
    assert customer.phone not in result.output


def test_the_default_policies_are_brought_in_once(app, at, moment):
    at(moment)

    first, again = run(app, "policies"), run(app, "policies")

    assert "total_7_days" in first.output
    assert "22 of them new" in first.output
    assert "0 of them new" in again.output


def _file(tmp_path, **content):
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(content))
    return str(file)


def test_a_change_is_tried_out_from_a_file(app, customer, now, tmp_path):
    for day in (1, 3):
        reserve(make_plan(customer, now + day * DAY))
    rule = {"kind": "min_gap", "strength": "hard", "categories": ["service"], "seconds": 259_200}

    result = run(app, "simulate", _file(tmp_path, key="gap_24_hours", rule=rule))

    assert result.exit_code == 0, result.output
    assert "0 contacts of the last 90 days would have been refused" in result.output
    assert "2 planned contacts would fall, of 1 customer." in result.output
    assert "1 customer concerned (service by call): reachable" in result.output
    assert customer.id not in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"key": "new_one"}, "/rule: Missing data"),
        ({"key": "X", "rule": {}}, "/key"),
        ({"key": "x", "scope_kind": "tier", "rule": {}}, "/rule/kind"),
    ],
)
def test_a_file_that_says_no_policy_is_refused(app, now, tmp_path, content, said):
    result = run(app, "simulate", _file(tmp_path, **content))

    assert result.exit_code == 1
    assert said in result.output
