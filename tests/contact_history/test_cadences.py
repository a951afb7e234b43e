"""How often customers should hear from us."""

import pytest

from crm_api.accounts.models import Role
from crm_api.contact_history.cadences.policies import DEFAULTS, Coverage
from crm_api.customers.terms import Tier
from tests.factories.accounts import make_staff

DAYS = {"min_days": 5, "target_days": 20, "max_days": 40}


@pytest.fixture
def admin(app, sign_in):
    return sign_in(make_staff(Role.ADMIN))


def put(caller, version, tier="gold", **days):
    path, headers = f"/v1/contact-cadences/{tier}", {"If-Match": f'"{version}"'}
    return caller.put(path, json={**DAYS, **days}, headers=headers)


def test_each_tier_has_a_default_and_a_dearer_one_never_waits_longer(admin):
    items = admin.get("/v1/contact-cadences").json["items"]

    assert [item["tier"] for item in items] == [tier.value for tier in Tier]
    assert {item["version"] for item in items} == {0}
    for name in ("min_days", "target_days", "max_days"):
        assert [i[name] for i in items] == sorted((i[name] for i in items), reverse=True)


def test_a_change_counts_its_version_up_and_leaves_a_trace(admin):
    first = put(admin, 0)
    second = put(admin, 1, max_days=50)
    stale = put(admin, 1)

    assert (first.status_code, first.json["version"]) == (200, 1)
    assert second.json["max_days"] == 50
    assert (stale.status_code, stale.json["differs"]) == (412, ["max_days"])
    gold = next(i for i in admin.get("/v1/contact-cadences").json["items"] if i["tier"] == "gold")
    assert gold == second.json
    trail = admin.get("/v1/audit-entries", query_string={"action": "contact_cadence.changed"})
    assert len([e for e in trail.json["items"] if e["action"] == "contact_cadence.changed"]) == 2


def test_only_administrators_change_it_and_only_to_what_is_in_order(admin, sign_in):
    assert put(sign_in(make_staff(Role.MANAGER)), 0).status_code == 403
    assert put(admin, 0, min_days=20).status_code == 422
    assert put(admin, 0, tier="platinum").status_code == 404
    assert admin.put("/v1/contact-cadences/gold", json=DAYS).status_code == 428


@pytest.mark.one_engine
def test_the_rhythm_grades_each_day():
    gold = DEFAULTS[Tier.GOLD]
    days = [0, gold.min_days - 1, gold.min_days, gold.target_days, gold.max_days, gold.max_days + 1]

    assert [gold.coverage(d) for d in days] == [
        Coverage.RECENT,
        Coverage.RECENT,
        Coverage.IN_TIME,
        Coverage.DUE,
        Coverage.DUE,
        Coverage.OVERDUE,
    ]
