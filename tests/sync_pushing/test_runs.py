"""Many records are written in runs: they cost hardly more statements, and none harms others."""

from __future__ import annotations

import pytest

from crm_api.customers.models import Anniversary, ExtendedProfile
from crm_api.customers.provenance.models import ProfileSources
from crm_api.kit.db import db
from tests.factories.customers import make_customer
from tests.sync_pushing.visits import created


@pytest.fixture
def customers(owner):
    return [make_customer(owner) for _ in range(5)]


def _day(customer, number, **changes):
    row = {"id": f"day-{number}", "customer_id": customer.id, "kind": "wedding"}
    return {**row, "month": 5, "day": 20, **changes}


def _days(customers, count, **changes):
    return [_day(customers[n % 5], n, **changes) for n in range(count)]


@pytest.mark.usefixtures("customers")
def test_ten_times_the_records_take_hardly_more_statements(phone, customers, count_statements):
    with count_statements() as few:
        phone.send(created(anniversaries=_days(customers, 5)))
    days = [{**day, "id": f"other-{day['id']}"} for day in _days(customers, 50)]

    with count_statements() as many:
        reply = phone.send(created(anniversaries=days))

    assert reply.json["rejections"] == []
    assert many.count <= few.count + 5


def test_what_is_refused_amid_a_run_hinders_no_other(phone, customers):
    days = _days(customers, 90)
    days[7]["month"] = 13
    days[8]["customer_id"] = "nobody"
    days[60] = _day(customers[0], 60, kind="birthday")
    days[61] = _day(customers[0], 61, kind="birthday", day=21)
    days[62]["year"] = "1990"

    reply = phone.send(created(anniversaries=days)).json

    refused = {r["id"]: r["code"] for r in reply["rejections"]}
    assert refused == {
        "day-7": "invalid",
        "day-8": "not_found",
        "day-61": "birthday_known",
        "day-62": "invalid",
    }
    assert {one for (one,) in db.session.query(Anniversary.id)} == (
        {day["id"] for day in days} - set(refused)
    )
    learned = db.session.get(ProfileSources, customers[0].id).fields
    assert {"anniversary:birthday", "anniversary:wedding"} <= learned.keys()


def test_profiles_are_edited_in_runs_each_from_its_own_version(phone, customers):
    first = [(one.id, {"remarks": "Tea."}) for one in customers]
    phone.push("profiles", created=[{"id": i, **edit} for i, edit in first])

    reply = phone.push("profiles", updated=[(i, {"employer": "示例"}) for i, _ in first])

    assert reply["rejections"] == []
    known = db.session.query(ExtendedProfile).populate_existing().all()
    assert {(p.remarks, p.employer, p.version) for p in known} == {("Tea.", "示例", 2)}
