"""A worker that dies loses nothing and doubles nothing; two workers never take one chunk."""

import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from crm_api.accounts.models import Role
from crm_api.customers.imports import service
from crm_api.customers.imports.commands import worker
from crm_api.customers.models import Customer, ImportChunk, ImportedCustomer
from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.customers.imports import MAPPING, Importer, csv_bytes, row
from tests.factories.accounts import make_staff, make_team
from tests.support.server import ROOT, environment

ROWS = 2_000


@pytest.fixture
def importer(app, tmp_path):
    team = make_team()
    make_staff(team=team, login="owner1")
    make_staff(role=Role.MANAGER, team=team, login="boss")
    return Importer(app, tmp_path)


def count(table, *conditions):
    with transaction(read_only=True):
        statement = sa.select(sa.func.count()).select_from(table).where(*conditions)
        return db.session.scalar(statement)


def start(database_url, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "crm_api.app", "customers", *map(str, arguments)],
        cwd=ROOT,
        env=environment(database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_for(is_so):
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_killed_in_the_middle_it_goes_on_without_a_double(importer, database_url):
    content = csv_bytes([row(n) for n in range(1, ROWS + 1)])
    importer.run(csv_bytes([]))  # leaves the mapping file
    file = importer.folder / "customers.csv"
    file.write_bytes(content)
    mapping = importer.folder / "mapping.json"
    victim = start(database_url, "import", file, "--mapping", mapping, "--as", "boss")
    wait_for(lambda: count(ImportChunk, ImportChunk.is_done.is_(True)) > 1)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    before = count(Customer)
    assert 0 < before < ROWS

    result = importer.run(content)

    assert f"{ROWS} rows: {ROWS} created, 0 updated, 0 unchanged, 0 rejected." in result.output
    assert count(Customer) == ROWS
    assert count(ImportedCustomer) == ROWS


def test_two_workers_share_the_chunks_and_take_none_twice(importer, database_url):
    _receive(importer, csv_bytes([row(n) for n in range(1, ROWS + 1)]))
    workers = [start(database_url, "work-imports") for _ in range(2)]

    outputs = [w.communicate(timeout=120)[0] for w in workers]

    worked = [int(output.split()[2]) for output in outputs]
    assert sum(worked) == ROWS
    assert count(Customer) == ROWS
    assert count(ImportChunk, ImportChunk.is_done.is_(False)) == 0


def _receive(importer, content):
    file = importer.folder / "customers.csv"
    file.write_bytes(content)
    with file.open("rb") as opened, transaction():
        by = service.name_importer("boss")
        received = service.receive_import(
            opened,
            file_name="x",
            mapping=_stored_mapping(),
            is_dry_run=False,
            by=by,
            now=clock.now(),
        )
    return received.id


def _stored_mapping():
    from crm_api.customers.imports.schemas import MappingSchema

    return MappingSchema().load(MAPPING)


def test_a_chunk_that_fails_is_taken_row_by_row(importer, monkeypatch):
    import_id = _receive(importer, csv_bytes([row(1), row(2)]))
    worker.split_waiting(import_id)
    # Somebody else took the second id while this chunk was judged: the row meets the constraint.
    with transaction():
        taken = _take_key(import_id, "X2")
    monkeypatch.setattr("crm_api.customers.imports.queries.find_remembered", lambda *_: {})

    rows = worker.work_until_idle(watch=lambda _: None)

    assert rows == 2
    with transaction(read_only=True):
        chunk = db.session.scalars(sa.select(ImportChunk)).one()
        outcome = (chunk.created, chunk.rejected, chunk.rejects[0]["number"])
    assert outcome == (1, 1, 3)
    assert count(Customer) == 2
    assert taken


def _take_key(import_id, key):
    from tests.factories.customers import make_customer

    customer = make_customer()
    db.session.add(
        ImportedCustomer(
            source="old_crm",
            external_id=key,
            customer_id=customer.id,
            digest="0" * 64,
            import_id=import_id,
            row_number=99,
        )
    )
    return customer.id
