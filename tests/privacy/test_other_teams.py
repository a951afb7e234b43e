"""An erasure is for who leads the customer's team at the time, wherever it was asked."""

from __future__ import annotations

from crm_api.accounts.models import Role
from crm_api.customers.models import Customer
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.privacy.test_erasures import approval, requested


def test_who_has_gone_to_another_team_is_no_longer_the_formers_to_forget(known, sign_in):
    erasure = requested(known)
    team = make_team()
    with transaction():
        customer = db.session.get(Customer, known.id)
        customer.owner_id, customer.team_id = make_staff(team=team).id, team.id
    theirs = sign_in(make_staff(Role.MANAGER, team))

    assert approval(known.second, erasure).status_code == 404
    assert known.lead.get("/v1/customer-erasures").json["items"] == []
    assert [one["id"] for one in theirs.get("/v1/customer-erasures").json["items"]] == [
        erasure["id"]
    ]
    assert approval(theirs, erasure).json["status"] == "erased"
