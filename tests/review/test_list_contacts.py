"""The contacts of a portfolio, a team's subtree, or everybody."""

from datetime import timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.contact_history.terms import Outcome
from crm_api.customers.terms import Category, Channel
from crm_api.kit import clock
from crm_api.review import queries
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer


@pytest.fixture(params=["few customers", "many customers"])
def _either_plan(request, monkeypatch):
    """Both ways to find a page must give the same pages."""
    monkeypatch.setattr(queries, "FEW_CUSTOMERS", 1000 if request.param == "few customers" else 0)


pytestmark = pytest.mark.usefixtures("_either_plan")


@pytest.fixture
def district(app):
    """Two teams under one root, each with an account manager, a customer and a contact."""
    root = make_team()
    found = {"root": root, "manager": make_staff(Role.MANAGER, team=root)}
    for name in ("east", "west"):
        team = make_team(parent=root)
        owner = make_staff(team=team)
        customer = make_customer(owner)
        found[name] = {
            "team": team,
            "owner": owner,
            "customer": customer,
            "contact": make_contact(customer),
        }
    return found


def ids(reply):
    assert reply.status_code == 200, reply.json
    return [item["id"] for item in reply.json["items"]]


def test_a_manager_sees_the_subtree_and_no_more(district, sign_in):
    make_contact(make_customer())
    east, west = district["east"], district["west"]

    reply = sign_in(district["manager"]).get("/v1/contacts")

    assert set(ids(reply)) == {east["contact"].id, west["contact"].id}
    names = {item["customer_name"] for item in reply.json["items"]}
    assert names == {f"{district[end]['customer'].name[:1]}**" for end in ("east", "west")}


def test_an_account_manager_sees_the_own_portfolio(district, sign_in):
    reply = sign_in(district["east"]["owner"]).get("/v1/contacts")

    assert ids(reply) == [district["east"]["contact"].id]


def test_it_follows_the_owner_of_today(district, sign_in):
    east, west = district["east"], district["west"]
    from crm_api.customers.models import Customer
    from crm_api.kit.db import db
    from crm_api.kit.transactions import transaction

    with transaction():
        customer = db.session.get(Customer, east["customer"].id)
        customer.owner_id, customer.team_id = west["owner"].id, west["team"].id

    assert ids(sign_in(east["owner"]).get("/v1/contacts")) == []
    assert len(ids(sign_in(west["owner"]).get("/v1/contacts"))) == 2


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_who_sees_all_sees_all(district, sign_in, role):
    make_contact(make_customer())

    assert len(ids(sign_in(make_staff(role)).get("/v1/contacts"))) == 3


def test_each_filter_narrows(district, sign_in, app):
    customer, owner = district["east"]["customer"], district["east"]["owner"]
    now = clock.now()
    odd = make_contact(
        customer,
        by_id=district["manager"].id,
        now=now,
        occurred_at=now - timedelta(days=5),
        channel=Channel.VISIT,
        category=Category.CARE,
        outcome=Outcome.ABSENT,
    )
    caller = sign_in(district["manager"])
    until = (now - timedelta(days=4)).isoformat().replace("+00:00", "Z")

    for query in (
        "channel=visit",
        "category=care",
        "outcome=absent",
        "is_late=true",
        f"by_id={district['manager'].id}",
        f"to={until}",
    ):
        assert ids(caller.get(f"/v1/contacts?{query}")) == [odd.id], query
    assert len(ids(caller.get(f"/v1/contacts?customer_id={customer.id}"))) == 2
    assert odd.id not in ids(caller.get(f"/v1/contacts?from={until}"))
    assert odd.id not in ids(caller.get("/v1/contacts?is_late=false"))
    assert ids(caller.get("/v1/contacts?has_overrun=true")) == []
    assert ids(caller.get(f"/v1/contacts?by_id={owner.id}&category=care")) == []


def test_a_filter_by_a_strangers_customer_shows_nothing(district, sign_in):
    stranger = make_contact(make_customer())

    reply = sign_in(district["manager"]).get(f"/v1/contacts?customer_id={stranger.customer_id}")

    assert ids(reply) == []


def test_pages_hold_each_contact_once_while_others_arrive(district, sign_in):
    customer = district["east"]["customer"]
    now = clock.now()
    for hours in range(1, 8):
        make_contact(customer, now=now, occurred_at=now - timedelta(hours=hours))
    caller = sign_in(district["manager"])
    everything = ids(caller.get("/v1/contacts?limit=50"))

    seen, cursor = [], ""
    while cursor is not None:
        reply = caller.get(f"/v1/contacts?limit=2{cursor and '&cursor=' + cursor}")
        seen += ids(reply)
        cursor = reply.json["next_cursor"]
        make_contact(customer)

    assert seen == everything


def test_a_broken_cursor_is_refused(district, sign_in):
    caller = sign_in(district["manager"])

    for cursor in ("x", "bnVsbA", "WzEsMl0"):
        assert caller.get(f"/v1/contacts?cursor={cursor}").status_code == 422
