"""A group's brief names those key persons who are its account manager's customers too."""

from __future__ import annotations

from datetime import timedelta

from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_frequency import keep_default_policies
from tests.factories.customers import make_customer
from tests.factories.visits import planned


def test_a_brief_tells_nothing_of_another_teams_customers(app, sign_in, at, moment):
    at(moment)
    keep_default_policies(moment - timedelta(days=30))
    owner = make_staff()
    caller, group = sign_in(owner), make_customer(owner, kind="group", name="虚构集团")
    own, given_away = (make_customer(owner, name=name) for name in ("虚构甲", "虚构乙"))
    for person in (own, given_away):
        link = {"kind": "key_person", "other_id": person.id, "influence": "great"}
        assert caller.post(f"/v1/customers/{group.id}/relations", json=link).status_code == 201
        day = {"kind": "birthday", "month": moment.month, "day": moment.day + 5}
        days = f"/v1/customers/{person.id}/anniversaries"
        assert caller.post(days, json=day).status_code == 201
    other = make_staff(team=make_team())
    with transaction():
        customer = db.session.get(Customer, given_away.id)
        customer.owner_id, customer.team_id = other.id, other.team_id
    visit = planned(caller, group, starts_at=moment + timedelta(days=2))

    brief = caller.get(f"/v1/visits/{visit['id']}/brief")

    assert "虚构甲" in brief.text
    assert "虚构乙" not in brief.text
