"""Nobody leaves who still answers for customers."""

import threading

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff, Standing
from crm_api.customers.models import Customer
from crm_api.customers.terms import Status
from crm_api.kit.db import db
from crm_api.kit.touches import touching
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


@pytest.fixture
def as_admin(sign_in):
    return sign_in(make_staff(Role.ADMIN))


def deactivate(caller, person):
    return caller.put(f"/v1/staff/{person.id}/deactivation")


def give(caller, customer, person):
    body = {"owner_id": person.id, "reason": "Fits the district better"}
    return caller.put(f"/v1/customers/{customer.id}/owner", json=body)


def test_the_portfolio_is_handed_over_first(as_admin, sign_in):
    team = make_team()
    leaver, colleague = make_staff(team=team), make_staff(team=team)
    customer = make_customer(leaver)
    suspended = make_customer(leaver, status=Status.SUSPENDED)
    make_customer(leaver, status=Status.CLOSED)
    caller = sign_in(leaver)

    refused = deactivate(as_admin, leaver)
    assert refused.status_code == 409
    assert (refused.json["code"], refused.json["customers"]) == ("still_owns_customers", 2)
    assert caller.get("/v1/me").status_code == 200

    for owned in (customer, suspended):
        assert give(as_admin, owned, colleague).status_code == 200

    gone = deactivate(as_admin, leaver)
    assert gone.json["status"] == "deactivated"
    assert deactivate(as_admin, leaver).json == gone.json
    assert caller.get("/v1/me").status_code == 401


def test_a_leaver_is_given_no_customers(as_admin):
    leaver = make_staff()
    deactivate(as_admin, leaver)

    assert give(as_admin, make_customer(), leaver).status_code == 422


def test_only_an_administrator_lets_people_go(sign_in, as_admin):
    team = make_team()

    assert (
        deactivate(sign_in(make_staff(Role.MANAGER, team)), make_staff(team=team)).status_code
        == 403
    )
    assert as_admin.put("/v1/staff/nobody/deactivation").status_code == 404


def at_once(*calls):
    """Run calls from threads of their own, each with its connection; return their statuses."""
    statuses, start = [], threading.Barrier(len(calls))

    def run(call, *arguments):
        start.wait()
        statuses.append(call(*arguments).status_code)

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_no_customer_slips_in_while_somebody_leaves(app, sign_in):
    admin = make_staff(Role.ADMIN)
    for _ in range(8):
        leaver, customer = make_staff(), make_customer()

        statuses = at_once(
            (deactivate, sign_in(admin), leaver), (give, sign_in(admin), customer, leaver)
        )

        assert statuses in ([200, 409], [200, 422])
        assert not db.session.scalars(
            sa.select(Customer.id)
            .join(Staff, Staff.id == Customer.owner_id)
            .where(Staff.status == Standing.DEACTIVATED)
        ).all()
        db.session.rollback()


def test_two_administrators_cannot_let_each_other_go_at_once(app, sign_in):
    for _ in range(4):
        first, second = (make_staff(Role.ADMIN) for _ in range(2))

        statuses = at_once(
            (deactivate, sign_in(first), second), (deactivate, sign_in(second), first)
        )

        assert statuses in ([200, 401], [200, 409])
        with transaction():
            db.session.execute(touching(sa.update(Staff).values(role=Role.MANAGER)))
