"""Customers written into files: masked, escaped, audited, forgotten in time."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role, Staff
from crm_api.audit.models import AuditEntry
from crm_api.customers.bulk import service
from crm_api.customers.bulk.policies.columns import COLUMNS
from crm_api.customers.models import BulkRow, Customer
from crm_api.kit import held
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.customers.test_bulk_edits import work
from tests.factories.accounts import make_staff, make_team
from tests.factories.customers import make_customer

PATH = "/v1/customer-exports"


@pytest.fixture
def owner(app):
    return make_staff(team=make_team("东区"), name="经理甲")


@pytest.fixture
def caller(owner, sign_in):
    return sign_in(owner)


def _export(caller, **content):
    body = {"customers": {"criteria": {}}, "reason": "For the yearly letter.", **content}
    reply = caller.post(PATH, json=body)
    assert reply.status_code == 202, reply.json
    return reply.json


def _file(caller, job):
    return caller.get(f"/v1/bulk-jobs/{job['id']}/file", buffered=True)


def _rows(reply):
    assert reply.status_code == 200, reply.text
    return list(csv.reader(io.StringIO(reply.data.decode("utf-8-sig"))))


def test_the_columns_asked_for_in_their_order(app, caller, owner):
    one = make_customer(owner, name="甲", phone="+8613900001234", tier="gold")
    make_customer(make_staff(team=make_team()), name="别人")

    job = _export(caller, columns=["tier", "name", "phone", "owner_name", "team_name"])
    early = _file(caller, job)
    work(app)
    reply = _file(caller, job)

    assert (early.status_code, early.json["code"]) == (409, "export_not_ready")
    assert _rows(reply) == [
        ["tier", "name", "phone", "owner_name", "team_name"],
        ["gold", "甲", "'+86****1234", "经理甲", "东区"],
    ]
    assert reply.headers["Content-Disposition"] == "attachment; filename=customers.csv"
    assert caller.get(f"/v1/bulk-jobs/{job['id']}").json["written"] == 1
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "customers.bulk_export")
    ).one()
    assert (entry.by_id, entry.details["rows"]) == (owner.id, 1)
    assert entry.details["reason"] == "For the yearly letter."
    assert one.id not in str(entry.details)


def test_every_column_in_either_format(app, caller, owner, sign_in):
    tag = sign_in(make_staff(Role.ADMIN)).post(
        "/v1/tags", json={"name": "爱登山", "team_id": owner.team_id}
    )
    one = make_customer(owner, name="=1+1", document_type="passport", document_number="X12345678")
    assert caller.put(f"/v1/customers/{one.id}/tags/{tag.json['id']}").status_code == 200
    jobs = [_export(caller, columns=list(COLUMNS), format=f) for f in ("csv", "xlsx")]
    work(app)

    rows = _rows(_file(caller, jobs[0]))
    book = openpyxl.load_workbook(io.BytesIO(_file(caller, jobs[1]).data))
    cells = [[str(c.value or "") for c in row] for row in book.active.iter_rows()]
    kinds = {c.data_type for row in book.active.iter_rows() for c in row if c.value is not None}

    assert rows == cells
    assert kinds == {"s"}
    shown = dict(zip(*rows, strict=True))
    assert (shown["name"], shown["document_number"], shown["tags"]) == (
        "'=1+1",
        "****5678",
        "爱登山",
    )


def test_numbers_in_full_are_for_administrators(app, caller, owner, sign_in):
    make_customer(owner, name="单小雨", phone="+8613900001234")
    admin = sign_in(make_staff(Role.ADMIN))
    body = {"customers": {"criteria": {}}, "reason": "x", "is_unmasked": True}

    refused = caller.post(PATH, json=body)
    columns = ["name", "phone", "document_number"]
    masked, job = (_export(admin, columns=columns, is_unmasked=whole) for whole in (False, True))
    work(app)

    assert (refused.status_code, refused.json["code"]) == (403, "needs_admin")
    assert _rows(_file(admin, masked))[1] == ["单**", "'+86****1234", ""]
    assert _rows(_file(admin, job))[1] == ["单小雨", "'+8613900001234", ""]


def test_only_who_asked_gets_it_and_only_whom_they_still_see(app, caller, owner, sign_in):
    kept, gone = make_customer(owner), make_customer(owner)
    job = _export(caller, columns=["id"])
    work(app)
    with transaction():
        db.session.get(Customer, gone.id).owner_id = make_staff().id

    assert _rows(_file(caller, job))[1:] == [[kept.id]]
    for other in (make_staff(Role.ADMIN), make_staff(Role.MANAGER, make_team())):
        assert _file(sign_in(other), job).status_code == 404
    edit = {"customers": {"criteria": {}}, "edit": {"kind": "status", "status": "closed"}}
    edited = caller.post("/v1/bulk-edits", json={**edit, "reason": "x"}).json
    assert _file(caller, edited).status_code == 404


def test_it_is_forgotten_in_time(app, caller, owner, at, moment):
    at(moment)
    make_customer(owner)
    job = _export(caller)
    work(app)
    purge = ["customers", "purge-exports"]

    at(moment + timedelta(days=6))
    assert app.test_cli_runner().invoke(args=purge).output == "Forgot 0 exports.\n"
    assert _file(caller, job).status_code == 200
    at(moment + timedelta(days=8))
    for gone in (1, 0):
        assert app.test_cli_runner().invoke(args=purge).output == f"Forgot {gone} exports.\n"

    reply = _file(caller, job)
    assert (reply.status_code, reply.json["code"]) == (410, "export_gone")
    kept = sa.select(sa.func.count()).where(BulkRow.cells.is_not(None))
    assert db.session.scalar(kept) == 0


@pytest.mark.parametrize(
    "content",
    [{"columns": []}, {"columns": ["password"]}, {"columns": ["id", "id"]}, {"format": "pdf"}],
)
def test_what_cannot_be_is_refused(caller, content):
    body = {"customers": {"criteria": {}}, "reason": "x", **content}

    assert caller.post(PATH, json=body).status_code == 422


def test_who_is_no_administrator_any_more_gets_no_numbers_in_full(app, owner, sign_in):
    asked = make_staff(Role.ADMIN)
    make_customer(owner, phone="+8613900001234")
    job = _export(sign_in(asked), columns=["phone"], is_unmasked=True)
    work(app)
    with transaction():
        staff = db.session.get(Staff, asked.id)
        staff.role, staff.team_id = Role.MANAGER, owner.team_id

    reply = _file(sign_in(asked), job)

    assert (reply.status_code, reply.json["code"]) == (403, "needs_admin")


def test_an_auditor_ends_nobodys_job(app, caller, owner, sign_in):
    make_customer(owner)
    job = _export(caller)

    auditor = sign_in(make_staff(Role.AUDITOR))

    assert auditor.put(f"/v1/bulk-jobs/{job['id']}/cancellation").status_code == 404
    assert auditor.get(f"/v1/bulk-jobs/{job['id']}").json["status"] == "working"


def test_who_is_being_written_is_forgotten_afterwards_only(caller, owner, moment):
    one = make_customer(owner)
    job = _export(caller)

    with transaction():
        service.work_chunk(job_id=job["id"], now=moment)
        assert held.holds([("customer", one.id)])
