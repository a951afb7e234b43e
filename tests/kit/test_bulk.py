"""Rows that travel in bulk arrive as they were sent."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, StatementError

from crm_api.accounts.models import ClientKey, MachineClient, Scope, Standing
from crm_api.audit.models import AuditEntry
from crm_api.kit.bulk import insert_rows, is_among, update_rows
from crm_api.kit.db import db
from crm_api.kit.idempotency import IdempotencyKey
from crm_api.kit.ids import new_id
from crm_api.kit.together import insert_together
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_client
from tests.support.statements import counting

NOW = datetime(2026, 3, 3, 2, 0, 0, 123456, tzinfo=UTC)
HARD = ["", "\\", "\\N", "\t", "a\nb\rc", "\\x00", "【福】🎂", "'\"", "{}", "\\\\n", " x "]


def entry(**changes):
    return {
        "id": new_id(),
        "created_at": NOW,
        "action": "x",
        "by_id": None,
        "subject_kind": "y",
        "subject_id": "z",
        "details": {},
        **changes,
    }


@pytest.fixture
def kept(app, monkeypatch):
    monkeypatch.setattr("crm_api.kit.bulk.FEW", 1)

    def kept(*rows):
        with transaction():
            insert_rows(AuditEntry, rows)
        statement = sa.select(AuditEntry.__table__).order_by(AuditEntry.id)
        found = [dict(row) for row in db.session.execute(statement).mappings()]
        db.session.rollback()
        return found

    return kept


@pytest.mark.parametrize("text", HARD)
def test_text_and_documents_arrive_unchanged(kept, text):
    row = entry(action=text[:64], details={"text": text, "n": [1, None, True, text]})

    assert kept(row) == [row]


@pytest.mark.parametrize("text", ["\\N", "\\\\x41", "\\x", "\\."])
def test_what_looks_like_a_mark_of_ours_is_text(kept, text):
    assert [row["action"] for row in kept(entry(action=text))] == [text]


def test_many_texts_at_once_arrive_unchanged(kept):
    rows = [entry(action=text, details={"text": text}) for text in HARD]

    assert kept(*rows) == rows


def test_more_rows_than_travel_in_one_piece_all_arrive(kept, monkeypatch):
    monkeypatch.setattr("crm_api.kit.bulk.PIECE", 2)
    rows = sorted((entry(action=f"a{n}") for n in range(5)), key=lambda row: row["id"])

    assert kept(*rows) == rows


def test_moments_arrive_in_utc(kept):
    row = entry(created_at=NOW.astimezone(timezone(timedelta(hours=8))))

    assert kept(row)[0]["created_at"] == NOW


def test_bytes_numbers_and_missing_values_arrive(app, monkeypatch):
    monkeypatch.setattr("crm_api.kit.bulk.FEW", 1)
    row = {
        "actor_id": "a",
        "route": "r",
        "key": "k",
        "digest": "d",
        "status": 201,
        "headers": None,
        "body": bytes(range(256)),
        "created_at": NOW,
    }
    with transaction():
        insert_rows(IdempotencyKey, [row, {**row, "key": "k2", "status": None, "body": None}])

    found = db.session.execute(sa.select(IdempotencyKey.__table__).order_by("key")).mappings().all()
    assert [f["body"] for f in found] == [bytes(range(256)), None]
    assert [f["status"] for f in found] == [201, None]


def test_many_rows_arrive_in_the_transaction_of_the_others(app):
    rows = [entry() for _ in range(3_000)]
    with pytest.raises(ZeroDivisionError), transaction():  # noqa: PT012 - the error is the point
        insert_rows(AuditEntry, rows)
        raise ZeroDivisionError

    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0
    db.session.rollback()
    with transaction():
        insert_rows(AuditEntry, rows)
        insert_rows(AuditEntry, [])
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 3_000


def test_a_conflict_is_the_same_error_on_both_engines(kept):
    row = entry()
    kept(row)

    with pytest.raises(IntegrityError):
        kept(row)


def test_a_moment_without_its_zone_is_refused(kept):
    with pytest.raises((ValueError, sa.exc.StatementError)):
        kept(entry(created_at=NOW.replace(tzinfo=None)))


def test_a_day_arrives_as_a_day():
    from crm_api.kit.bulk import WRITERS

    assert WRITERS[date](date(2026, 3, 3)) == "2026-03-03"


def test_a_column_is_compared_with_many_values(kept):
    rows = [entry(id=f"e{n}", action="a" if n else "it's {n}, \\") for n in range(3)]
    kept(*rows)

    def ids(*wanted, column=AuditEntry.id):
        return set(db.session.scalars(sa.select(AuditEntry.id).where(is_among(column, wanted))))

    assert ids("e0", "e2", "e9") == {"e0", "e2"}
    assert ids() == set()
    assert ids("it's {n}, \\", column=AuditEntry.action) == {"e0"}
    assert ids("", "e0", "e1\x1fe2") == {"e0"}


def changed(model, rows, *, key):
    with transaction():
        update_rows(model, rows, key=key)
    statement = sa.select(model.__table__).order_by(model.id)
    found = {row["id"]: dict(row) for row in db.session.execute(statement).mappings()}
    db.session.rollback()
    return found


@pytest.mark.parametrize("text", HARD)
def test_each_row_is_changed_to_what_is_said_of_it(app, text):
    one, other, spared = (make_client(Scope.GATEWAY)[0] for _ in range(3))
    rows = [
        {"id": one.id, "name": f"a{text}", "status": Standing.DEACTIVATED, "created_at": NOW},
        {"id": other.id, "name": f"b{text}", "status": Standing.ACTIVE, "created_at": NOW},
    ]

    found = changed(MachineClient, rows, key=("id",))

    for row in rows:
        assert {name: found[row["id"]][name] for name in row} == row
    assert found[spared.id]["name"] == spared.name


def test_a_row_is_changed_only_where_its_whole_key_fits(app):
    """The moment of one and the nothing of another come in one call."""
    one, other, third = (make_client(Scope.GATEWAY)[0] for _ in range(3))
    rows = [
        {"id": one.key_id, "client_id": one.id, "expires_at": NOW},
        {"id": other.key_id, "client_id": third.id, "expires_at": NOW},
        {"id": third.key_id, "client_id": third.id, "expires_at": None},
    ]

    found = changed(ClientKey, rows, key=("id", "client_id"))

    ends = [found[client.key_id]["expires_at"] for client in (one, other, third)]
    assert ends == [NOW, None, None]


def test_nothing_to_change_asks_nothing(app, count_statements):
    with count_statements() as statements:
        update_rows(MachineClient, [], key=("id",))
    assert statements.count == 0


def answered(**changes):
    return {
        "actor_id": "a",
        "route": "r",
        "key": new_id(),
        "digest": "d",
        "status": 201,
        "headers": {"ETag": '"1"'},
        "body": b"\x00\xff'\\",
        "created_at": NOW,
        **changes,
    }


def test_a_few_rows_of_several_tables_arrive_together(app, backend):
    entries = [entry(details={"text": text, "n": [1, None]}, by_id="x") for text in HARD]
    answers = [answered(), answered(status=None, headers=None, body=None)]

    with counting() as statements, transaction():
        insert_together({AuditEntry: entries, IdempotencyKey: answers, ClientKey: []})

    assert statements.count == (1 if backend == "postgres" else 2)
    for model, rows in ((AuditEntry, entries), (IdempotencyKey, answers)):
        found = [dict(row) for row in db.session.execute(sa.select(model.__table__)).mappings()]
        key = "id" if model is AuditEntry else "key"
        by_key = {row[key]: row for row in found}
        assert by_key == {row[key]: row for row in rows}
    db.session.rollback()


@pytest.mark.parametrize("road", ["one", "many", "together", "changed"])
def test_a_moment_without_its_zone_is_refused_by_every_road(app, road):
    nowhere = {"created_at": NOW.replace(tzinfo=None)}
    roads = {
        "one": lambda: insert_rows(AuditEntry, [entry(**nowhere)]),
        "many": lambda: insert_rows(AuditEntry, [entry(**nowhere) for _ in range(20)]),
        "together": lambda: insert_together(
            {AuditEntry: [entry(**nowhere)], IdempotencyKey: [answered()]}
        ),
        "changed": lambda: update_rows(IdempotencyKey, [{"key": "k", **nowhere}], key=("key",)),
    }

    with pytest.raises((ValueError, TypeError, StatementError)), transaction():
        roads[road]()


def test_of_rows_that_travel_together_all_arrive_or_none(app):
    twice = answered()

    with pytest.raises(IntegrityError), transaction():
        insert_together({AuditEntry: [entry()], IdempotencyKey: [twice, twice]})

    assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 0
    db.session.rollback()
