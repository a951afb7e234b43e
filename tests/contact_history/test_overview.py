"""A customer at a glance: the hot path of every screen."""

from datetime import timedelta

import orjson
import pytest

from crm_api.accounts.covers.models import Cover
from crm_api.accounts.models import Role
from crm_api.contact_history import queries, service
from crm_api.contact_history.schemas import OverviewSchema
from crm_api.customers.models import Customer
from crm_api.customers.policies.masking import mask_phone
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.json import OPTIONS
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer
from tests.support.statements import counting


@pytest.fixture
def customer(app):
    """A customer with 22 contacts, of which the newest was corrected."""
    customer = make_customer(make_staff(), birth_on=clock.now().date())
    now = clock.now()
    for hours in range(21):
        make_contact(customer, now=now, occurred_at=now - timedelta(hours=hours + 1))
    newest = make_contact(customer, now=now, source="care_message:1")
    with transaction():
        service.correct_contact(
            newest.id, reason="Misheard.", summary="As it was.", by=owner_of(customer), now=now
        )
    return customer


def owner_of(customer):
    from crm_api.accounts.actors import Actor

    return Actor(
        id=customer.owner_id,
        name="",
        role=Role.ACCOUNT_MANAGER,
        team_id=customer.team_id,
        team_path="/",
    )


def overview(caller, customer):
    return caller.get(f"/v1/customers/{customer.id}/overview")


def test_it_gives_the_same_bytes_as_the_schema(customer, sign_in):
    reply = overview(sign_in(owner_of(customer)), customer)

    db.session.rollback()
    seen = db.session.get(Customer, customer.id)
    shown = {
        "customer": {name: getattr(seen, name) for name in queries.CORE_FIELDS},
        "facts": queries.contact_facts([customer.id])[customer.id],
        "contacts": queries.latest_contacts(customer.id, limit=20),
    }
    shown["customer"]["phone"] = mask_phone(seen.phone)
    assert reply.status_code == 200
    assert reply.data == orjson.dumps(OverviewSchema().dump(shown), option=OPTIONS)


def test_it_shows_the_twenty_newest_as_they_stand(customer, sign_in):
    contacts = overview(sign_in(owner_of(customer)), customer).json["contacts"]

    assert len(contacts) == 20
    assert (contacts[0]["kind"], contacts[0]["summary"]) == ("correction", "As it was.")
    moments = [contact["occurred_at"] for contact in contacts]
    assert moments == sorted(moments, reverse=True)
    assert "contact" in {contact["kind"] for contact in contacts[1:]}


def test_it_takes_one_statement_after_the_guard(customer, sign_in):
    caller = sign_in(owner_of(customer))

    with counting() as statements:
        overview(caller, customer)

    assert statements.count == 2


def test_a_stranger_sees_no_customer(customer, sign_in):
    assert overview(sign_in(make_staff()), customer).status_code == 404


def test_the_managers_above_and_who_sees_all_see_it(app, sign_in):
    above = make_team()
    team = make_team(parent=above)
    theirs = make_customer(make_staff(team=team))
    seeing = [make_staff(Role.MANAGER, team), make_staff(Role.MANAGER, above)]

    for actor in (*seeing, make_staff(Role.ADMIN), make_staff(Role.AUDITOR)):
        assert overview(sign_in(actor), theirs).json["customer"]["id"] == theirs.id


def test_a_manager_beneath_sees_nothing_from_above(app, sign_in):
    above = make_team()
    theirs = make_customer(make_staff(team=above))

    beneath = make_staff(Role.MANAGER, make_team(parent=above))
    assert overview(sign_in(beneath), theirs).status_code == 404


def test_who_stands_in_sees_it_until_the_cover_ends(customer, sign_in, at):
    now = clock.now()
    stand_in = make_staff()
    db.session.add(
        Cover(
            id=new_id(),
            absent_id=customer.owner_id,
            stand_in_id=stand_in.id,
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            reason="Leave",
            by_id=stand_in.id,
            created_at=now,
        )
    )
    db.session.commit()
    caller = sign_in(stand_in)

    assert overview(caller, customer).status_code == 200
    at(now + timedelta(hours=1))
    assert overview(caller, customer).status_code == 404


def test_a_manager_of_another_team_sees_no_customer(customer, sign_in):
    assert overview(sign_in(make_staff(Role.MANAGER)), customer).status_code == 404


def test_a_customer_without_history(app, sign_in):
    customer = make_customer(make_staff())

    reply = overview(sign_in(owner_of(customer)), customer)

    assert reply.json["contacts"] == []
    assert set(reply.json["facts"].values()) == {None}
