"""Who belongs with whom, further on: bounded, and over visible customers only."""

import pytest

from crm_api.accounts.models import Role
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team)


def link(caller, first, second, kind="family"):
    body = {"kind": kind, "other_id": second.id}
    reply = caller.post(f"/v1/customers/{first.id}/relations", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json["id"]


def network(caller, customer, **query):
    reply = caller.get(f"/v1/customers/{customer.id}/network", query_string=query)
    assert reply.status_code == 200, reply.text
    found = {one["id"]: one["hops"] for one in reply.json["customers"]}
    return found, {one["id"] for one in reply.json["links"]}, reply.json["is_cut"]


def test_hop_by_hop_from_either_side_of_a_link(sign_in, owner):
    caller = sign_in(owner)
    a, b, c, d = (make_customer(owner) for _ in range(4))
    group = make_customer(owner, kind="group")
    ab, cb, cd = link(caller, a, b), link(caller, c, b), link(caller, c, d)
    ac, key = link(caller, a, c), link(caller, group, d, "key_person")

    assert network(caller, a, hops=1) == ({a.id: 0, b.id: 1, c.id: 1}, {ab, ac, cb}, False)
    far = {a.id: 0, b.id: 1, c.id: 1, d.id: 2}
    assert network(caller, a) == (far, {ab, ac, cb, cd}, False)
    assert network(caller, a, hops=4) == ({**far, group.id: 3}, {ab, ac, cb, cd, key}, False)
    assert network(caller, make_customer(owner))[1:] == (set(), False)


def test_no_way_leads_over_somebody_whom_the_asker_may_not_see(sign_in, team, owner):
    colleague, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    mine, hidden, beyond = make_customer(owner), make_customer(colleague), make_customer(owner)
    link(sign_in(manager), mine, hidden)
    link(sign_in(manager), hidden, beyond)

    assert network(sign_in(owner), mine, hops=4) == ({mine.id: 0}, set(), False)
    found, _, _ = network(sign_in(manager), mine, hops=4)
    assert found == {mine.id: 0, hidden.id: 1, beyond.id: 2}
    path = f"/v1/customers/{hidden.id}/network"
    assert sign_in(owner).get(path).status_code == 404


def test_it_is_bounded_and_costs_a_statement_a_hop(sign_in, owner, count_statements):
    caller, root = sign_in(owner), make_customer(owner)
    others = [make_customer(owner) for _ in range(12)]
    path = f"/v1/customers/{root.id}/network?hops=2"
    link(caller, root, others[0])
    with count_statements() as few:
        caller.get(path)
    for one in others[1:]:
        link(caller, root, one)
    with count_statements() as many:
        caller.get(path)

    found, _, is_cut = network(caller, root, most=5)

    assert many.count == few.count
    assert (len(found), is_cut) == (5, True)
    for wrong in ("hops=0", "hops=5", "most=201", "most=x"):
        assert caller.get(f"/v1/customers/{root.id}/network?{wrong}").status_code == 422
