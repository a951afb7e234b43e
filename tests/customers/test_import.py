from datetime import date

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.models import CustomerImport, ImportedCustomer, ImportPart, Phone
from crm_api.customers.terms import Tier
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.customers.imports import (
    HEADER,
    MAPPING,
    Importer,
    csv_bytes,
    customers,
    row,
    xlsx_bytes,
)
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

BAD_DAY_AND_MONEY = (
    "plan_monthly_fen: this amount has more than 2 decimals; "
    "birth_on: this is not a day written like 1990-05-17"
)


@pytest.fixture
def team(app):
    return make_team()


@pytest.fixture
def owner(team):
    return make_staff(team=team, login="owner1")


@pytest.fixture
def importer(app, team, owner, tmp_path):
    make_staff(role=Role.MANAGER, team=team, login="boss")
    return Importer(app, tmp_path)


def test_a_row_becomes_a_customer_of_its_owner(importer, owner):
    result = importer.run(csv_bytes([row(1)]))

    assert result.exit_code == 0, result.output
    assert "1 rows: 1 created, 0 updated, 0 unchanged, 0 rejected." in result.output
    (customer,) = customers()
    assert (customer.name, customer.phone) == ("虚构1号", "+8613900000001")
    assert customer.birth_on == date(1990, 5, 17)
    assert customer.plan_monthly_fen == 5990
    assert (customer.owner_id, customer.team_id) == (owner.id, owner.team_id)
    assert customer.name_initials == "xg1h"


def test_an_imported_customer_is_found_like_any_other(importer, owner, sign_in):
    importer.run(csv_bytes([row(1), row(2, name="虚构海歌")]))

    found = sign_in(owner).get("/v1/customers?q=haige").json["items"]

    assert [c["name"] for c in found] == ["虚构海歌"]


def test_the_plan_decides_the_tier(importer):
    importer.run(csv_bytes([row(1, monthly="59.90"), row(2, monthly="199")]))

    assert [c.tier for c in customers()] == [Tier.STANDARD, Tier.SILVER]


def test_the_same_file_again_changes_nothing(importer):
    content = csv_bytes([row(n) for n in range(1, 6)])
    importer.run(content)
    versions = [(c.id, c.version) for c in customers()]

    result = importer.run(content)

    assert "5 rows: 0 created, 0 updated, 5 unchanged, 0 rejected." in result.output
    assert [(c.id, c.version) for c in customers()] == versions


def test_a_changed_row_updates_its_customer(importer):
    importer.run(csv_bytes([row(1), row(2)]))

    result = importer.run(csv_bytes([row(1), row(2, phone="13900000099", plan="新套餐")]))

    assert "0 created, 1 updated, 1 unchanged" in result.output
    one, two = customers()
    assert (one.version, two.version) == (1, 2)
    assert (two.phone, two.plan_name) == ("+8613900000099", "新套餐")
    numbers = sa.select(Phone.number, Phone.is_primary).where(Phone.customer_id == two.id)
    found = {tuple(number) for number in db.session.execute(numbers)}
    db.session.rollback()
    assert found == {("+8613900000002", False), ("+8613900000099", True)}


def test_what_was_edited_here_stays_while_the_row_says_nothing_new(importer):
    importer.run(csv_bytes([row(1)]))
    (customer,) = customers()
    with transaction():
        customer.name = "虚构改名"

    importer.run(csv_bytes([row(1)]))

    assert customers()[0].name == "虚构改名"


def test_a_transferred_customer_is_not_taken_back(importer, team):
    importer.run(csv_bytes([row(1)]))
    colleague = make_staff(team=team)
    (customer,) = customers()
    with transaction():
        customer.owner_id = colleague.id

    importer.run(csv_bytes([row(1, plan="新套餐")]))

    (customer,) = customers()
    assert (customer.owner_id, customer.plan_name) == (colleague.id, "新套餐")


def test_an_account_number_known_already_is_the_same_customer(importer, owner):
    known = make_customer(owner, account_no="A-1", name="虚构旧名")
    mapping = {**MAPPING, "fields": {**MAPPING["fields"], "account_no": {"constant": "A-1"}}}

    result = importer.run(csv_bytes([row(1)]), mapping=mapping)

    assert "0 created, 1 updated" in result.output
    assert [(c.id, c.name) for c in customers()] == [(known.id, "虚构1号")]


def test_two_ids_cannot_share_an_account_number(importer):
    mapping = {**MAPPING, "fields": {**MAPPING["fields"], "account_no": "plan"}}

    (reject,) = importer.rejects(csv_bytes([row(1), row(2)]), mapping=mapping)

    assert reject[:2] == (3, "account_no: another customer has this account number")
    assert importer.rejects(csv_bytes([row(3)]), mapping=mapping)[0][1] == reject[1]


def test_each_bad_row_is_rejected_with_its_reasons(importer):
    rows = [
        row(1),
        row(2, name=""),
        row(3, phone="12345"),
        row(4, birthday="17.5.1990", monthly="59.999"),
        row(5, owner="nobody"),
        row(6, id=""),
        row(7, phone="0755-83775555"),
        [*row(8), "too much"],
        row(1),
    ]

    rejects = importer.rejects(csv_bytes(rows))

    assert [(number, reasons) for number, reasons, _ in rejects] == [
        (3, "name: the name is missing"),
        (4, "phone: this number does not exist in its country"),
        (
            5,
            BAD_DAY_AND_MONEY,
        ),
        (6, "owner_login: nobody with this login works in your teams"),
        (7, "external_id: the row has neither an external id nor an account number"),
        (8, "phone: this is not a mobile number"),
        (9, "the row has 8 cells where the header has 7"),
        (10, "external_id: row 2 brings the same customer"),
    ]
    assert len(customers()) == 1


def test_the_reject_file_holds_the_row_and_runs_no_formula(importer):
    rejects = importer.rejects(csv_bytes([row(1, name='=HYPERLINK("http://x")', phone="1")]))

    assert rejects[0][2]["name"] == '\'=HYPERLINK("http://x")'
    assert rejects[0][2]["id"] == "X1"


def test_a_mended_reject_can_be_imported_by_itself(importer):
    importer.run(csv_bytes([row(1), row(2, phone="1")]))

    result = importer.run(csv_bytes([row(2)]))

    assert "1 created" in result.output
    assert len(customers()) == 2


def test_a_row_lands_in_the_importers_teams_only(importer):
    make_staff(team=make_team(), login="stranger")

    (reject,) = importer.rejects(csv_bytes([row(1, owner="stranger")]))

    assert "in your teams" in reject[1]
    assert customers() == []


def test_a_customer_of_another_team_is_not_touched(app, importer, tmp_path):
    importer.run(csv_bytes([row(1)]))
    other = make_team()
    make_staff(role=Role.MANAGER, team=other, login="other-boss")
    make_staff(team=other, login="owner2")
    rival = Importer(app, tmp_path, login="other-boss")

    (reject,) = rival.rejects(csv_bytes([row(1, owner="owner2", plan="新套餐")]))

    assert reject[1] == "the customer belongs to a team that you may not see"
    assert customers()[0].plan_name == "畅享套餐"


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.AUDITOR])
def test_only_managers_and_admins_import(app, owner, tmp_path, role):
    make_staff(role=role, login="someone")

    result = Importer(app, tmp_path, login="someone").run(csv_bytes([row(1)]))

    assert result.exit_code == 1
    assert "Only an active manager or administrator" in result.output


def test_a_dry_run_counts_and_stores_nothing(importer):
    importer.run(csv_bytes([row(1), row(2)]))
    before = _stored()
    rows = [row(1), row(2, plan="新套餐"), row(3), row(4, phone="1"), row(3)]

    result = importer.run(csv_bytes(rows), "--dry-run")

    expected = "Would be: 1 created, 1 updated, 1 unchanged, 2 rejected."
    assert expected in result.output
    assert _stored() == before


def test_a_dry_run_sees_a_repeat_far_down_the_file(importer):
    rows = [row(n) for n in range(1, 402)]

    rejects = importer.rejects(csv_bytes([*rows, row(1)]), "--dry-run")

    assert [(n, reasons) for n, reasons, _ in rejects] == [
        (403, "external_id: an earlier row brings the same customer")
    ]


def test_a_repeat_far_down_the_file_is_rejected(importer):
    rows = [row(n) for n in range(1, 402)]

    rejects = importer.rejects(csv_bytes([*rows, row(1)]))

    assert [(n, reasons) for n, reasons, _ in rejects] == [
        (403, "external_id: row 2 brings the same customer")
    ]


def _stored():
    counts = [
        db.session.scalar(sa.select(sa.func.count()).select_from(table))
        for table in (CustomerImport, ImportedCustomer, ImportPart)
    ]
    db.session.rollback()
    return counts, [(c.id, c.version) for c in customers()]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("gb18030", ","), ("gb18030", "\t"), ("utf-8", "|")],
)
def test_csv_is_read_as_it_comes(importer, encoding, delimiter):
    # The Chinese comes late: a look at the beginning alone would not tell the encoding.
    plain = [row(n, name=f"Plain {n}", plan="x" * 90) for n in range(1, 400)]
    content = csv_bytes([*plain, row(400)], encoding=encoding, delimiter=delimiter)

    result = importer.run(content)

    assert "400 rows: 400 created" in result.output
    assert customers()[-1].name == "虚构400号"


def test_a_workbook_is_read_with_its_numbers_and_days(importer):
    cells = row(1, phone=13900000001, birthday=date(1990, 5, 17), monthly=59.9)

    result = importer.run(xlsx_bytes([cells, row(2, plan=None)]), name="customers.xlsx")

    assert "2 rows: 2 created" in result.output
    one, two = customers()
    assert (one.phone, one.birth_on, one.plan_monthly_fen) == (
        "+8613900000001",
        date(1990, 5, 17),
        5990,
    )
    assert two.plan_name == ""


def test_a_named_sheet_is_read(importer):
    content = xlsx_bytes([row(1)], title="Other")

    missing = importer.run(content, mapping={**MAPPING, "sheet": "None"})
    found = importer.run(content, mapping={**MAPPING, "sheet": "Other"})

    assert "no sheet 'None'" in missing.output
    assert "1 created" in found.output


def test_a_default_owner_takes_rows_that_name_none(importer, owner):
    result = importer.run(csv_bytes([row(1, owner="")]), "--owner", "owner1")

    assert "1 created" in result.output
    assert customers()[0].owner_id == owner.id


def test_columns_that_are_missing_or_double_are_named(importer):
    lacking = importer.run(csv_bytes([], header=["id", "name", "phone"]))
    double = importer.run(csv_bytes([], header=[*HEADER, "name"]))

    assert "lacks these columns of the mapping: birthday, monthly, owner, plan" in lacking.output
    assert "stand there twice: name" in double.output
    assert (lacking.exit_code, double.exit_code) == (1, 1)


def test_a_file_without_rows_is_finished_at_once(importer):
    assert "0 rows" in importer.run(csv_bytes([])).output


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "a b"}, "source"),
        ({"fields": {"external_id": "id"}}, "Say where the name comes from"),
        ({"fields": {"name": "name", "owner_login": "owner"}}, "a row needs a key"),
        ({"fields": {"name": "name", "account_no": "id"}}, "name a default owner"),
        ({"fields": {**MAPPING["fields"], "nmae": "name"}}, "nmae"),
        ({"fields": {**MAPPING["fields"], "name": {}}}, "Give one of column"),
        ({"fields": {**MAPPING["fields"], "tier": {"column": "a", "derive": "x"}}}, "derive"),
        (
            {"fields": {**MAPPING["fields"], "tier": {"column": "a", "derive": "months_before"}}},
            "Give the day",
        ),
        ({"fields": {**MAPPING["fields"], "tier": {"column": "a", "derive": "pick"}}}, "choices"),
        ({"fields": 7}, "fields"),
        ({"unknown": 7}, "unknown"),
    ],
)
def test_a_mapping_that_cannot_be_says_why(importer, changes, message):
    result = importer.run(csv_bytes([row(1)]), mapping={**MAPPING, **changes})

    assert result.exit_code == 1
    assert message in result.output
