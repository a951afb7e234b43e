"""The policy desk: nobody changes a policy alone, unseen, or for yesterday."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.kit import clock as kit_clock
from tests.contact_frequency.desk import a_rule, approve, changed, draft_of, policy_of, simulated
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import make_plan, reserve
from tests.factories.customers import make_customer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def team(now):
    return make_team()


@pytest.fixture
def author(sign_in, team):
    return sign_in(make_staff(Role.MANAGER, team))


@pytest.fixture
def clerk(team):
    return make_staff(team=team)


@pytest.fixture
def mine(clerk):
    return make_customer(clerk)


@pytest.fixture
def admin(sign_in, now):
    return sign_in(make_staff(Role.ADMIN))


@pytest.fixture
def caller(sign_in, clerk):
    return sign_in(clerk)


def test_a_change_acts_at_once_when_a_second_person_approves_it(author, admin, caller, mine, now):
    reserve(make_plan(mine, now + HOUR))
    ahead = (now + 3 * DAY).isoformat()[:19] + "Z"
    budget = f"/v1/customers/{mine.id}/contact-budget?at={ahead}"

    draft = draft_of(author).json
    simulated(author, draft)
    assert caller.get(budget).json["verdict"] == "allowed"
    approved = approve(admin, draft).json

    verdict = caller.get(budget).json
    assert approved["state"] == "approved"
    assert verdict["verdict"] == "blocked"
    assert verdict["reasons"][0]["policy_version"] == 2
    assert policy_of(caller)["in_force"]["number"] == 2


def test_a_version_of_tomorrow_does_not_act_today(author, admin, caller, mine, at):
    now = kit_clock.now()
    reserve(make_plan(mine, now + HOUR))
    changed(author, admin, effective_from=(now + DAY).isoformat())
    asked = f"/v1/customers/{mine.id}/contact-budget?at={(now + 3 * DAY).isoformat()[:19]}Z"

    shown = policy_of(caller)
    assert (shown["in_force"]["number"], shown["next"]["number"]) == (1, 2)
    assert caller.get(asked).json["verdict"] == "allowed"
    at(now + DAY)
    assert caller.get(asked).json["verdict"] == "blocked"
    shown = policy_of(caller)
    assert (shown["in_force"]["number"], shown["next"]) == (2, None)


def test_no_draft_reaches_into_the_past(author, admin, now, at):
    late = draft_of(author, effective_from=(now - DAY).isoformat())
    soon = draft_of(author, effective_from=(now + HOUR).isoformat()).json
    simulated(author, soon)
    at(now + 2 * HOUR)

    too_late = approve(admin, soon)

    assert (late.status_code, late.json["code"]) == (422, "effective_in_past")
    assert (too_late.status_code, too_late.json["code"]) == (422, "effective_in_past")
    assert policy_of(admin)["newest_number"] == 1


def test_nobody_writes_versions_past_the_desk(admin):
    policy = policy_of(admin)
    body = {"rule": a_rule(), "reason": "x"}

    assert admin.post(f"/v1/frequency-policies/{policy['id']}/versions", json=body).status_code in (
        404,
        405,
    )
    assert admin.post("/v1/frequency-policies", json=body).status_code in (404, 405)


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_only_managers_and_administrators_draft(sign_in, now, role):
    caller = sign_in(make_staff(role))

    assert draft_of(caller).json["code"] == "forbidden_role"


def test_an_author_never_approves_the_own_draft(sign_in, now):
    author = sign_in(make_staff(Role.ADMIN))
    draft = draft_of(author).json
    simulated(author, draft)

    reply = approve(author, draft)

    assert (reply.status_code, reply.json["code"]) == (403, "own_draft")
    assert policy_of(author)["newest_number"] == 1


@pytest.mark.parametrize("key", ["total_7_days", "total_7_days.gold"])
def test_what_is_for_everybody_takes_an_administrator(sign_in, author, team, admin, key):
    boss = sign_in(make_staff(Role.MANAGER, team))
    draft = draft_of(author, key).json
    simulated(author, draft)

    refused = approve(boss, draft)

    assert (refused.status_code, refused.json["code"]) == (403, "policy_out_of_reach")
    assert approve(admin, draft).status_code == 200


def for_customer(customer, **changes):
    return {
        "key": "total_7_days.customer.1",
        "scope_kind": "customer",
        "scope_id": customer.id,
        "loosens": "total_7_days",
        "rule": a_rule(limit=4),
        "reason": "asked for it",
        **changes,
    }


def test_one_customers_policy_is_between_two_managers(sign_in, author, team, mine, now):
    colleague = sign_in(make_staff(Role.MANAGER, team))
    stranger = sign_in(make_staff(Role.MANAGER))

    draft = author.post("/v1/policy-drafts", json=for_customer(mine)).json
    simulated(author, draft)

    assert approve(stranger, draft).status_code == 404
    assert approve(colleague, draft).status_code == 200
    for day in range(4):
        reserve(make_plan(mine, now + HOUR + day * DAY))
    assert [p["key"] for p in _customer_policies(author)] == ["total_7_days.customer.1"]
    assert _customer_policies(stranger) == []


def _customer_policies(caller):
    items = caller.get("/v1/frequency-policies?limit=200").json["items"]
    return [item for item in items if item["scope_kind"] == "customer"]


def test_a_strangers_customer_gets_no_policy_of_ours(author, now):
    reply = author.post("/v1/policy-drafts", json=for_customer(make_customer()))

    assert reply.status_code == 404


def test_the_ceiling_is_checked_at_draft_and_again_at_approval(author, admin, mine):
    too_much = author.post("/v1/policy-drafts", json=for_customer(mine, rule=a_rule(limit=5)))
    draft = author.post("/v1/policy-drafts", json=for_customer(mine)).json
    simulated(author, draft)
    broader = a_rule(limit=2, loosened_by=["tier", "customer"], ceiling=3)
    changed(author, admin, rule=broader)

    reply = approve(admin, draft)

    assert too_much.json["code"] == "policy_loosens_too_much"
    assert (reply.status_code, reply.json["code"]) == (409, "policy_loosens_too_much")
    assert _customer_policies(admin) == []


def test_a_narrower_policy_is_as_firm_as_the_broader(author, mine):
    """A warning in the place of a block would be no cap at all."""
    soft = for_customer(mine, rule=a_rule(limit=3, strength="soft"))

    assert author.post("/v1/policy-drafts", json=soft).json["code"] == "policy_loosens_too_much"


def test_a_key_is_taken_once(author, mine):
    reply = author.post("/v1/policy-drafts", json=for_customer(mine, key="gap_24_hours"))

    assert reply.json["code"] == "policy_exists"
