from __future__ import annotations

from crm_api.customers import queries
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer


def test_the_governor_is_told_tier_team_and_phone(app):
    team = make_team(parent=make_team())
    customer = make_customer(make_staff(team=team))

    with transaction(read_only=True):
        facts = queries.governed_facts([customer.id, "nobody"])

    assert set(facts) == {customer.id}
    assert facts[customer.id].team_path == team.path
    assert facts[customer.id].phone == customer.phone
    assert facts[customer.id].wishes == ()


def test_whoever_stands_alone_is_one_person(app):
    alone = make_customer()
    together = [make_customer(person_id="p1").id for _ in range(3)]

    with transaction(read_only=True):
        found = queries.same_person_ids([alone.id, together[1]])

    assert found == {alone.id: [alone.id], together[1]: sorted(together)}


def test_facts_cost_the_same_number_of_statements_for_many(app, count_statements):
    owner = make_staff()
    ids = [make_customer(owner).id for _ in range(20)]
    db.session.remove()

    with count_statements() as one:
        queries.governed_facts(ids[:1])
    with count_statements() as many:
        queries.governed_facts(ids)

    assert one.count == many.count == 1
