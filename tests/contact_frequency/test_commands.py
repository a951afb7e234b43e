"""`flask contact-frequency …`."""

from __future__ import annotations

from datetime import timedelta

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
