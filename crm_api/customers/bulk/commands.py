"""`flask customers work-bulk-jobs` and `flask customers purge-exports`."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from crm_api import config
from crm_api.customers.bulk import service
from crm_api.kit import clock
from crm_api.kit.errors import Busy
from crm_api.kit.problems import is_busy
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from crm_api.customers.models import BulkChunk

# Between two chunks others may write: SQLite has no queue, and gives the lock to who asks then.
BREATH_SECONDS = 0.02
PATIENCE_SECONDS = 0.2


@click.command("work-bulk-jobs")
@click.option("--chunks", type=click.IntRange(min=1), help="How many chunks at the most.")
def work_bulk_jobs(chunks: int | None) -> None:
    """Work off bulk edits and exports, in chunks. Any number of these may run at once."""
    rows = worked = 0
    with progress_bar(total=None, unit="rows") as bar:
        while worked != chunks and (chunk := _work_one()):
            worked += 1
            rows += chunk.row_count
            bar.update(chunk.row_count)
            time.sleep(BREATH_SECONDS)
    with transaction():
        service.finish_jobs(now=clock.now())
    click.echo(f"Worked off {rows} rows.")


def _work_one() -> BulkChunk | None:
    try:
        return _work()
    except (Busy, StaleDataError):
        pass
    except DBAPIError as error:
        if not is_busy(error):
            raise
    time.sleep(PATIENCE_SECONDS)
    return _work()


def _work() -> BulkChunk | None:
    with transaction():
        return service.work_chunk(job_id=None, now=clock.now())


@click.command("purge-exports")
def purge_exports() -> None:
    """Forget what exports wrote longer ago than CRM_EXPORTS_KEPT_DAYS. Run it daily."""
    now = clock.now()
    kept = timedelta(days=config.current().exports_kept_days)
    with transaction():
        gone = service.purge_exports(before=now - kept, now=now)
    click.echo(f"Forgot {gone} exports.")


COMMANDS = (work_bulk_jobs, purge_exports)
