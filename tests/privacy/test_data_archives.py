"""All that is kept of a customer and the files themselves, in one archive."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
import sqlalchemy as sa

from crm_api import config
from crm_api.accounts.models import Role
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.attachments.files import pdf, uploaded
from tests.factories.accounts import make_staff, make_team
from tests.privacy.conftest import ok

WHY = {"reason": "Asked by letter."}


@pytest.fixture
def store(app, tmp_path):
    config.configure(replace(config.current(), attachments=str(tmp_path)))
    return tmp_path


def attached(known, **content):
    file = uploaded(known.caller, pdf(), **content)
    ok(
        known.caller.put(
            f"/v1/visits/{known.visit['id']}/attachments/{file['id']}", json={"kind": "photo"}
        )
    )
    return file


def taken_out():
    with transaction(read_only=True):
        wanted = sa.select(AuditEntry.details).where(AuditEntry.action == "customer.exported")
        return list(db.session.scalars(wanted.order_by(AuditEntry.id)))


def test_it_holds_the_rows_and_the_bytes(known, store):
    file = attached(known, file_name="合同 2026/第一版.pdf")

    with known.lead.post(f"{known.path}/data-archives", json=WHY) as reply:
        assert (reply.status_code, reply.mimetype) == (200, "application/zip")
        assert reply.headers["Cache-Control"] == "no-store"
        body = io.BytesIO(reply.data)
    with zipfile.ZipFile(body) as archive:
        assert archive.testzip() is None
        told, place = archive.namelist()
        assert place == f"files/{file['id']}/合同_2026_第一版.pdf"
        assert archive.read(place) == pdf()
        tables = json.loads(archive.read(told))["tables"]
    export = ok(known.lead.post(f"{known.path}/data-exports", json=WHY))["tables"]
    assert tables.pop("audit_entries")
    assert export.pop("audit_entries")  # grew by the first of the two
    assert tables == export
    assert [(d["reason"], d.get("files")) for d in taken_out()] == [
        (WHY["reason"], 1),
        (WHY["reason"], None),
    ]


def test_a_file_that_cannot_be_had_is_not_left_out_in_silence(known, store):
    attached(known, file_name="a.pdf")
    for path in [path for path in store.rglob("*") if path.is_file()]:
        path.unlink()

    reply = known.lead.post(f"{known.path}/data-archives", json=WHY)

    assert (reply.status_code, taken_out()) == (503, [])


def test_it_is_for_leaders_of_the_team(known, sign_in):
    path = f"{known.path}/data-archives"
    stranger = sign_in(make_staff(Role.MANAGER, make_team()))

    assert known.caller.post(path, json=WHY).status_code == 403
    assert stranger.post(path, json=WHY).status_code == 404
