"""A transaction keeps all that happens in it or nothing, by whatever road it was written."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from crm_api.audit.models import AuditEntry
from crm_api.kit.bulk import FEW, insert_rows
from crm_api.kit.db import db, statements_apart
from crm_api.kit.errors import DomainError
from crm_api.kit.idempotency import IdempotencyKey
from crm_api.kit.straight import StraightWrite
from crm_api.kit.together import insert_together
from crm_api.kit.transactions import transaction, writing_apart
from tests.kit.test_bulk import answered, entry


class Refused(DomainError):
    code = "refused"


class Broken(Exception):
    pass


_RENAME = StraightWrite(
    sa.update(IdempotencyKey).values(route=sa.bindparam("new_route", type_=sa.String()))
)


def _write_by_every_road_and_break():
    db.session.add(AuditEntry(**entry()))
    insert_rows(AuditEntry, [entry()])
    insert_rows(AuditEntry, [entry() for _ in range(FEW)])
    insert_together({AuditEntry: [entry()], IdempotencyKey: [answered()]})
    _RENAME.run(new_route="other")
    raise Broken


def _kept():
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(AuditEntry.__table__))


def test_nothing_stays_of_a_transaction_that_breaks(app):
    with pytest.raises(Broken), transaction():
        _write_by_every_road_and_break()

    assert _kept() == 0


def test_one_item_may_break_alone(app):
    with transaction():
        insert_rows(AuditEntry, [entry()])
        with pytest.raises(Broken), db.session.begin_nested():
            _write_by_every_road_and_break()

    assert _kept() == 1


def test_what_was_begun_and_never_committed_is_gone(app):
    with db.engine.connect() as connection:
        connection.execute(sa.insert(AuditEntry.__table__), [entry()])

    assert _kept() == 0


def test_a_refusal_is_remembered_once_however_many_transactions_it_leaves(app):
    times = []

    with pytest.raises(Refused), statements_apart(), transaction(read_only=True), writing_apart():
        raise Refused("No.", remember=lambda: times.append(1))

    assert len(times) == 1


def test_a_refusal_is_remembered_whole_or_not_even_amid_a_request_that_reads(app):
    def remember():
        insert_rows(AuditEntry, [entry()])
        raise Broken

    with pytest.raises(Broken), statements_apart(), transaction(read_only=True):
        raise Refused("No.", remember=remember)
    db.session.rollback()

    assert _kept() == 0
