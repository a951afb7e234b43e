"""Work imports off: each chunk in a transaction of its own, by as many workers as like to."""

from __future__ import annotations

import itertools
import tempfile
import time
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from crm_api.customers.errors import AccountNumberTaken
from crm_api.customers.imports import queries, service
from crm_api.customers.imports.errors import FileRefused
from crm_api.customers.imports.tables import open_table
from crm_api.kit import clock
from crm_api.kit.problems import is_busy
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crm_api.customers.imports.models import ImportChunk
    from crm_api.customers.imports.policies.mapping import FileMapping
    from crm_api.customers.imports.tables import SheetRow

ROWS_IN_CHUNK = 400
# Between two chunks others may write: SQLite has no queue, and gives the lock to who asks then.
BREATH_SECONDS = 0.02
PATIENCE_SECONDS = 0.2


def waiting_ids() -> Sequence[str]:
    """Return the imports whose file waits to be split."""
    with transaction(read_only=True):
        return queries.find_unsplit_ids()


def split_waiting(import_id: str) -> None:
    """Cut a file into chunks, unless that is done."""
    if import_id not in waiting_ids():
        return
    with tempfile.TemporaryFile() as file:
        with transaction(read_only=True):
            mapping = service.copy_file(import_id, to=file)
        try:
            header = _keep_chunks(import_id, file, mapping)
        except FileRefused as error:
            with transaction():
                service.fail_import(import_id, failure=error.detail, now=clock.now())
            return
    with transaction():
        service.finish_splitting(import_id, header=header)
        service.finish_imports(now=clock.now())


def _keep_chunks(import_id: str, file: BinaryIO, mapping: FileMapping) -> list[str]:
    header, rows = open_table(file, mapping=mapping)
    for number, chunk in enumerate(chunks_of(rows), start=1):
        with transaction():
            service.keep_chunk(import_id, number, rows=chunk)
    return header


def chunks_of(rows: Iterable[SheetRow]) -> Iterable[list[SheetRow]]:
    """Return the rows some hundreds at a time."""
    rows = iter(rows)
    return iter(lambda: list(itertools.islice(rows, ROWS_IN_CHUNK)), [])


def work_until_idle(*, watch: Callable[[int], object]) -> int:
    """Work off every chunk that nobody else holds; return how many rows that were."""
    rows = 0
    while chunk := _work_one(None):
        rows += chunk.row_count
        watch(chunk.row_count)
        time.sleep(BREATH_SECONDS)
    with transaction():
        service.finish_imports(now=clock.now())
    return rows


def work_until_finished(import_id: str, *, watch: Callable[[int], object]) -> None:
    """Work off one import, waiting for the chunks that others hold."""
    while _is_open(import_id):
        chunk = _work_one(import_id)
        if chunk is None:
            with transaction():
                service.finish_imports(now=clock.now())
            time.sleep(PATIENCE_SECONDS)
        else:
            watch(chunk.row_count)


def _is_open(import_id: str) -> bool:
    with transaction(read_only=True):
        return queries.is_open(import_id)


def _work_one(import_id: str | None) -> ImportChunk | None:
    try:
        return _work(import_id)
    except (IntegrityError, StaleDataError, AccountNumberTaken):
        return _work(import_id, one_by_one=True)
    except DBAPIError as error:
        if not is_busy(error):
            raise
        time.sleep(PATIENCE_SECONDS)
        return _work(import_id)


def _work(import_id: str | None, *, one_by_one: bool = False) -> ImportChunk | None:
    with transaction():
        return service.work_chunk(import_id=import_id, now=clock.now(), one_by_one=one_by_one)
