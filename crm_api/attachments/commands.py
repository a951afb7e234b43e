"""`flask attachments …`: what a scheduler runs."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crm_api import config
from crm_api.attachments import queries, service
from crm_api.attachments.stores import current_store
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 500
# Far longer than any request takes between storing bytes and committing their row.
SETTLED = timedelta(days=1)


@click.group("attachments")
def attachments() -> None:
    """Look after files."""


@attachments.command("sweep")
@click.option(
    "--strays", is_flag=True, help="Also look through the whole store for what a crash left."
)
def sweep(*, strays: bool) -> None:
    """Delete what hangs on nothing, and the bytes that nobody needs. Safe to repeat."""
    now = clock.now()
    before = now - timedelta(days=config.current().loose_attachments_kept_days)
    loose = _repeat(lambda: service.discard_loose(before=before, now=now))
    stalled = _repeat(lambda: service.discard_stalled(before=before, now=now))
    files = _repeat(lambda: service.discard_unused_files(now=now))
    found = _discard_strays() if strays else 0
    deleted = _delete_bytes()
    click.echo(
        f"Deleted {loose} loose attachments and {files} files, forgot {stalled} stalled uploads "
        f"and {found} strays: {deleted} objects are gone from the store."
    )


def _repeat(step: Callable[[], int]) -> int:
    total = 0
    while True:
        with transaction():
            done = step()
        total += done
        if done < CHUNK:
            return total


def _discard_strays() -> int:
    keys = current_store().keys_before(clock.now() - SETTLED)
    total = 0
    with progress_bar(total=None, unit="objects") as bar:
        while chunk := list(itertools.islice(keys, CHUNK)):
            with transaction():
                total += service.discard_strays(chunk, now=clock.now())
            bar.update(len(chunk))
    return total


def _delete_bytes() -> int:
    total, last = 0, ""
    with progress_bar(total=None, unit="objects") as bar:
        while True:
            with transaction(read_only=True):
                keys = queries.discarded_keys(after=last, limit=CHUNK)
            if not keys:
                return total
            service.delete_bytes(keys)
            with transaction():
                service.forget_discarded(keys)
            total, last = total + len(keys), keys[-1]
            bar.update(len(keys))


COMMANDS = (attachments,)
