from __future__ import annotations

import orjson
import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers import queries
from crm_api.customers.models import Customer, Phone
from crm_api.customers.schemas.core import CustomerSchema
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

NEW = {
    "name": "虚构单小雨",
    "gender": "female",
    "birth_on": "1990-03-05",
    "document_type": "id_card",
    "document_number": "11010119900305123x",
    "phones": [{"number": "010-6552 9988", "label": "home"}, {"number": "139 1234 5678"}],
    "joined_on": "2015-07-01",
    "account_no": "A-778899",
    "plan_name": "Sunrise 129",
    "plan_monthly_fen": 12_900,
    "contract_end_on": "2027-06-30",
    "balance_fen": -350,
}


@pytest.fixture
def owner(app):
    return make_staff()


@pytest.fixture
def caller(sign_in, owner):
    return sign_in(owner)


def test_an_account_manager_takes_a_customer_into_the_own_portfolio(caller, owner):
    reply = caller.post("/v1/customers", json=NEW)

    assert reply.status_code == 201, reply.json
    assert reply.json["owner_id"] == owner.id
    assert reply.json["team_id"] == owner.team_id
    assert reply.json["phone"] == "+86****5678"
    assert reply.json["document_number"] == "****123X"
    assert reply.json["name_initials"] == "xgdxy"
    assert reply.json["tier"] == "vip"  # joined with a plan of CNY 80 or more
    assert reply.headers["ETag"] == '"1"'
    read = caller.get(f"/v1/customers/{reply.json['id']}").json
    assert reply.json == {**read, "possible_duplicates": []}


def test_the_document_is_unreadable_in_the_table(caller):
    reply = caller.post("/v1/customers", json=NEW)

    with transaction(read_only=True):
        stored = db.session.execute(
            sa.text("SELECT document_number, document_index FROM customers")
        ).one()
        opened = db.session.get(Customer, reply.json["id"]).document_number
    assert stored.document_number.startswith("d1:")
    assert "19900305" not in stored.document_number
    assert "19900305" not in stored.document_index
    assert opened == "11010119900305123X"


def test_the_same_id_and_content_is_a_repeat(caller):
    first = caller.post("/v1/customers", json={**NEW, "id": "from-a-phone-1"})
    again = caller.post("/v1/customers", json={**NEW, "id": "from-a-phone-1"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    with transaction(read_only=True):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1


def test_a_repeat_is_one_even_after_the_customer_changed(caller):
    caller.post("/v1/customers", json={**NEW, "id": "c1"})
    caller.patch("/v1/customers/c1", json={"name": "虚构雨"}, headers={"If-Match": '"1"'})

    again = caller.post("/v1/customers", json={**NEW, "id": "c1"})

    assert again.status_code == 201
    assert again.json["name"] == "虚构雨"


@pytest.mark.parametrize("change", [{"name": "虚构甲"}, {"balance_fen": 1}])
def test_other_content_under_the_same_id_is_refused(caller, change):
    caller.post("/v1/customers", json={**NEW, "id": "c1"})

    reply = caller.post("/v1/customers", json={**NEW, "id": "c1", **change})

    assert (reply.status_code, reply.json["code"]) == (409, "id_taken")


def test_a_strangers_id_is_taken_and_tells_nothing(caller, sign_in):
    sign_in(make_staff()).post("/v1/customers", json={**NEW, "id": "c1"})

    reply = caller.post("/v1/customers", json={**NEW, "id": "c1"})

    assert (reply.status_code, reply.json["code"]) == (409, "id_taken")
    assert "虚构" not in reply.text


def test_a_taken_account_number_names_nobody(caller):
    stranger = make_customer(account_no="A-1", name="虚构陌生人")

    reply = caller.post("/v1/customers", json={**NEW, "account_no": "A-1"})

    assert (reply.status_code, reply.json["code"]) == (409, "account_number_taken")
    assert stranger.id not in reply.text
    assert "陌生" not in reply.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": 7}, "/name"),
        ({"kind": "herd"}, "/kind"),
        ({"birth_on": "1890-01-01"}, "/birth_on"),
        ({"birth_on": "2150-01-01"}, "/birth_on"),
        ({"phones": [{"number": "12"}]}, "/phones/0/number"),
        ({"document_number": None}, "/document_number"),
        ({"plan_monthly_fen": -1}, "/plan_monthly_fen"),
        ({"plan_monthly_fen": 1.5}, "/plan_monthly_fen"),
        ({"owner_id": "somebody-else"}, "/owner_id"),
        ({"team_id": "another-team"}, "/team_id"),
        ({"id": "no dots."}, "/id"),
        ({"tier": "supreme"}, "/tier"),
    ],
)
def test_what_cannot_be_is_pointed_at(caller, change, pointer):
    reply = caller.post("/v1/customers", json={**NEW, **change})

    assert reply.status_code == 422
    assert [e["pointer"] for e in reply.json["errors"]] == [pointer]


def test_a_manager_gives_a_new_customer_to_somebody_in_the_team(sign_in):
    root = make_team()
    manager = make_staff(Role.MANAGER, root)
    theirs, stranger = make_staff(team=make_team(parent=root)), make_staff()

    given = sign_in(manager).post("/v1/customers", json={**NEW, "owner_id": theirs.id})
    refused = sign_in(manager).post("/v1/customers", json={"name": "虚构", "owner_id": stranger.id})
    elsewhere = sign_in(manager).post(
        "/v1/customers", json={"name": "虚构", "team_id": stranger.team_id}
    )

    assert given.status_code == 201
    assert (given.json["owner_id"], given.json["team_id"]) == (theirs.id, theirs.team_id)
    assert refused.json["errors"][0]["pointer"] == "/owner_id"
    assert elsewhere.json["errors"][0]["pointer"] == "/team_id"


def test_an_admin_may_choose_any_team(sign_in):
    team = make_team()

    reply = sign_in(make_staff(Role.ADMIN)).post(
        "/v1/customers", json={"name": "虚构集团", "kind": "group", "team_id": team.id}
    )

    assert (reply.json["team_id"], reply.json["owner_id"]) == (team.id, None)


def test_an_update_needs_the_version_that_was_read(caller, owner):
    customer = make_customer(owner)
    path = f"/v1/customers/{customer.id}"

    blind = caller.patch(path, json={"name": "虚构乙"})
    first = caller.patch(path, json={"name": "虚构乙"}, headers={"If-Match": '"1"'})
    stale = caller.patch(
        path, json={"name": "虚构丙", "plan_name": ""}, headers={"If-Match": '"1"'}
    )

    assert (blind.status_code, blind.json["code"]) == (428, "version_required")
    assert first.status_code == 200
    assert first.headers["ETag"] == '"2"'
    assert stale.status_code == 412
    assert (stale.json["current_version"], stale.json["differs"]) == (2, ["name"])


def test_a_changed_plan_is_kept_in_the_history(caller, owner):
    customer = make_customer(owner, plan_name="Old", plan_monthly_fen=5_900)
    path = f"/v1/customers/{customer.id}"

    caller.patch(path, json={"plan_name": "New"}, headers={"If-Match": '"1"'})
    caller.patch(path, json={"gender": "male"}, headers={"If-Match": '"2"'})

    history = caller.get(f"{path}/changes").json["items"]
    assert [(h["aspect"], h["before"]["plan_name"]) for h in history] == [("plan", "Old")]
    assert history[0]["after"]["plan_name"] == "New"
    assert history[0]["by_id"] == owner.id


def test_an_account_number_may_be_kept_but_not_taken(caller, owner):
    mine, other = make_customer(owner), make_customer()
    path = f"/v1/customers/{mine.id}"

    kept = caller.patch(path, json={"account_no": mine.account_no}, headers={"If-Match": '"1"'})
    taken = caller.patch(
        path, json={"account_no": other.account_no}, headers={"If-Match": kept.headers["ETag"]}
    )

    assert kept.status_code == 200
    assert (taken.status_code, taken.json["code"]) == (409, "account_number_taken")


def test_a_document_may_be_forgotten_as_a_whole_only(caller):
    created = caller.post("/v1/customers", json=NEW).json
    path = f"/v1/customers/{created['id']}"

    half = caller.patch(path, json={"document_type": None}, headers={"If-Match": '"1"'})
    whole = caller.patch(
        path,
        json={"document_type": None, "document_number": None},
        headers={"If-Match": '"1"'},
    )

    assert half.json["errors"][0]["pointer"] == "/document_number"
    assert whole.json["document_number"] is None


def test_the_core_row_is_byte_for_byte_what_the_schema_gives(app, caller, owner, count_statements):
    full = caller.post("/v1/customers", json=NEW).json["id"]
    bare = make_customer(owner, phone=None, account_no=None).id

    for customer_id in (full, bare):
        with transaction(read_only=True):
            with count_statements() as statements:
                row = queries.core_row(customer_id, visible_to=owner)
            customer = queries.get_customer(customer_id, visible_to=owner)
            assert orjson.dumps(row) == orjson.dumps(CustomerSchema().dump(customer))
        assert statements.count == 1


def test_numbers_are_kept_once_and_the_first_mobile_is_written_to(caller):
    phones = [{"number": "010-65529988"}, {"number": "13912345678"}, {"number": "+8613912345678"}]

    created = caller.post("/v1/customers", json={"name": "虚构", "phones": phones}).json

    with transaction(read_only=True):
        rows = db.session.execute(
            sa.select(Phone.number, Phone.is_primary)
            .where(Phone.customer_id == created["id"])
            .order_by(Phone.number)
        ).all()
    assert [tuple(r) for r in rows] == [("+861065529988", False), ("+8613912345678", True)]


def test_the_core_row_of_a_stranger_is_not_found(app, owner):
    stranger = make_customer()

    with pytest.raises(NotFound), transaction(read_only=True):
        queries.core_row(stranger.id, visible_to=owner)
