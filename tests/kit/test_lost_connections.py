"""A connection that is lost amid a transaction, or never had, leaves nothing behind but a 503."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from crm_api.audit.models import AuditEntry
from crm_api.kit.bulk import FEW, insert_rows
from crm_api.kit.db import db
from crm_api.kit.idempotency import IdempotencyKey
from crm_api.kit.problems import is_busy
from crm_api.kit.straight import StraightRead
from crm_api.kit.together import insert_together
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff
from tests.kit.test_bulk import answered, entry
from tests.kit.test_engine import _cut_all_connections

ROADS = {
    "session": lambda: insert_rows(AuditEntry, [entry()]),
    "copy": lambda: insert_rows(AuditEntry, [entry() for _ in range(FEW)]),
    "together": lambda: insert_together({AuditEntry: [entry()], IdempotencyKey: [answered()]}),
    "straight": lambda: StraightRead(sa.select(AuditEntry.id)).rows(),
    "savepoint": db.session.begin_nested,
    "commit": lambda: None,
}


@pytest.fixture(autouse=True)
def _only_postgres(backend):
    if backend != "postgres":
        pytest.skip("SQLite has no connection to lose")


def test_a_database_that_takes_no_connection_is_503(app, sign_in, monkeypatch):
    caller = sign_in(make_staff())
    db.session.remove()
    db.engine.dispose()
    with monkeypatch.context() as gone:
        gone.setattr(db.engine.dialect, "connect", lambda **_: psycopg.connect("host=/nowhere"))
        read, written = caller.get("/v1/me"), caller.post("/v1/customers", json={})

    for refused in (read, written):
        assert (refused.status_code, refused.json["code"]) == (503, "busy")
    assert caller.get("/v1/me").status_code == 200


@pytest.mark.parametrize("road", ROADS)
def test_of_a_transaction_that_lost_its_connection_nothing_stays(app, road):
    def write_and_lose():
        with transaction():
            insert_rows(AuditEntry, [entry()])
            _cut_all_connections()
            ROADS[road]()

    with pytest.raises(DBAPIError) as lost:
        write_and_lose()

    assert is_busy(lost.value)
    with transaction():
        insert_rows(AuditEntry, [entry()])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 1
    db.session.rollback()
    db.engine.dispose()
