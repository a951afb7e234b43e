from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.accounts.models import Role
from crm_api.audit import service
from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


def record(action="revealed", at=MONDAY, subject_id="c1", by_id="p1"):
    with transaction():
        service.record(action, by_id=by_id, at=at, subject_kind="customer", subject_id=subject_id)


@pytest.fixture
def auditor(sign_in):
    return sign_in(make_staff(Role.AUDITOR))


def listed(caller, **query):
    reply = caller.get("/v1/audit-entries", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(AuditEntry).values(action="nothing"),
        sa.delete(AuditEntry),
        sa.update(AuditEntry).where(AuditEntry.subject_id == "c1").values(by_id=None),
    ],
)
def test_what_was_written_stays(app, statement):
    record()

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(statement)

    assert db.session.scalars(sa.select(AuditEntry.action)).all() == ["revealed"]
    db.session.rollback()


def test_postgresql_cannot_truncate_it_either(app, backend):
    if backend == "sqlite":
        return
    record()

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(sa.text("TRUNCATE audit_entries"))


def test_an_act_that_is_rolled_back_leaves_no_trace(app):
    def fail_after_the_act():
        with transaction():
            service.record("revealed", by_id=None, at=MONDAY, subject_kind="x", subject_id="y")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_the_act()

    assert db.session.scalars(sa.select(AuditEntry)).all() == []
    db.session.rollback()


def test_the_trail_is_searched_by_who_what_and_when(auditor):
    record("revealed", at=MONDAY, subject_id="c1", by_id="p1")
    record("exported", at=MONDAY + timedelta(days=1), subject_id="c2", by_id="p2")

    assert [e["action"] for e in listed(auditor)] == ["exported", "revealed"]
    for query in (
        {"action": "exported"},
        {"by_id": "p2"},
        {"subject_id": "c2", "subject_kind": "customer"},
        {"since": "2026-03-03T00:00:00Z"},
        {"until": "2026-03-04T09:00:00+08:00", "action": "exported"},
    ):
        assert [e["subject_id"] for e in listed(auditor, **query)] == ["c2"]
    assert listed(auditor, until="2026-03-02T01:00:00Z") == []


def test_it_is_read_page_by_page(auditor):
    for n in range(5):
        record(subject_id=f"c{n}")

    first = auditor.get("/v1/audit-entries?limit=3").json
    second = auditor.get(f"/v1/audit-entries?limit=3&cursor={first['next_cursor']}").json

    seen = [e["subject_id"] for e in first["items"] + second["items"]]
    assert sorted(seen) == [f"c{n}" for n in range(5)]
    assert second["next_cursor"] is None


def test_only_administrators_and_auditors_read_it(sign_in):
    for role, status in {
        Role.ADMIN: 200,
        Role.AUDITOR: 200,
        Role.MANAGER: 403,
        Role.ACCOUNT_MANAGER: 403,
    }.items():
        assert sign_in(make_staff(role)).get("/v1/audit-entries").status_code == status
