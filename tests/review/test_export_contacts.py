"""What is taken out of the house: everything asked for, nothing that runs, and a trace."""

import csv
import io

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.cells import cell
from crm_api.kit.db import db
from crm_api.review import queries
from tests.factories.accounts import make_staff, make_team
from tests.factories.contact_history import make_contact
from tests.factories.customers import make_customer


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def manager(team):
    return make_staff(Role.MANAGER, team=team)


def export(caller, query=""):
    reply = caller.get(f"/v1/contacts/export?{query}")
    assert reply.status_code == 200, reply.data
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = reply.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_it_holds_what_the_list_shows(manager, team, sign_in, monkeypatch):
    monkeypatch.setattr(queries, "EXPORTED_AT_ONCE", 2)
    customer = make_customer(make_staff(team=team))
    for n in range(5):
        make_contact(customer, summary=f'Number {n}, "quoted",\nand on.')
    make_contact(make_customer())
    caller = sign_in(manager)

    rows = export(caller)

    listed = caller.get("/v1/contacts").json["items"]
    assert [row["id"] for row in rows] == [item["id"] for item in listed]
    for row, item in zip(rows, listed, strict=True):
        assert set(row) <= set(item)
        for name in ("occurred_at", "channel", "summary", "by_name", "customer_name", "kind"):
            assert row[name] == item[name]
        assert row["is_late"] == "false"
        assert row["corrects_id"] == ""


@pytest.mark.parametrize("summary", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＠x"])  # noqa: RUF001
def test_no_cell_is_a_formula(manager, team, sign_in, summary):
    customer = make_customer(make_staff(team=team), name="=HYPERLINK(1)")
    make_contact(customer, summary=summary, with_whom="+8613900001234")

    (row,) = export(sign_in(manager))

    assert row["summary"] == "'" + summary
    assert row["with_whom"] == "'+8613900001234"
    assert row["customer_name"] == "'=**"


@pytest.mark.parametrize("sign", "=+-@\t\r\n")
def test_each_sign_that_begins_a_formula_is_escaped(sign):
    assert cell(sign + "x") == "'" + sign + "x"
    assert cell("x" + sign) == "x" + sign


def test_it_takes_the_filters_of_the_list(manager, team, sign_in):
    customer = make_customer(make_staff(team=team))
    make_contact(customer)
    missed = make_contact(customer, outcome="no_answer")

    rows = export(sign_in(manager), "outcome=no_answer")

    assert [row["id"] for row in rows] == [missed.id]
    assert sign_in(manager).get("/v1/contacts/export?limit=5").status_code == 422
    assert sign_in(manager).get("/v1/contacts/export?colour=red").status_code == 422


def test_an_account_manager_takes_out_the_own_portfolio(app, sign_in):
    owner = make_staff()
    own = make_contact(make_customer(owner))
    make_contact(make_customer())

    assert [row["id"] for row in export(sign_in(owner))] == [own.id]


def test_it_leaves_a_trace(manager, sign_in):
    export(sign_in(manager), "channel=visit")

    db.session.rollback()
    (entry,) = db.session.scalars(sa.select(AuditEntry).filter_by(action="contacts.exported")).all()
    assert entry.by_id == manager.id
    assert entry.details == {"channel": "visit"}


def test_it_streams_in_pieces_of_bounded_size(manager, team, sign_in, monkeypatch):
    monkeypatch.setattr(queries, "EXPORTED_AT_ONCE", 3)
    customer = make_customer(make_staff(team=team))
    for _ in range(7):
        make_contact(customer)
    fetched = []
    fetch = queries.export_piece

    def watch(**wanted):
        piece = fetch(**wanted)
        fetched.append(len(piece.items))
        return piece

    monkeypatch.setattr(queries, "export_piece", watch)

    assert len(export(sign_in(manager))) == 7
    assert fetched == [3, 3, 1]


def test_nobody_takes_anything_out_without_signing_in(client, app):
    assert client.get("/v1/contacts/export").status_code == 401
