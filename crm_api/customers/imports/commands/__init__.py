"""`flask customers import` and `flask customers work-imports`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import click
import marshmallow as ma

from crm_api.customers.imports import service
from crm_api.customers.imports.commands import rehearsal, worker
from crm_api.customers.imports.models import ImportStatus
from crm_api.customers.imports.schemas import MappingSchema
from crm_api.kit import clock
from crm_api.kit.errors import DomainError
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, required=True, help="What the columns mean: TOML or JSON.")
@click.option("--as", "login", required=True, help="Login of the manager or admin who imports.")
@click.option("--owner", help="Login of the owner of rows that name none.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and store nothing.")
@click.option("--rejects", type=NEW_FILE, help="Where to write the rejected rows, as CSV.")
def import_customers(
    file: Path, mapping: Path, login: str, owner: str | None, rejects: Path | None, *, dry_run: bool
) -> None:
    """Bring customers in from a CSV or XLSX file. Safe to repeat, and goes on after a crash."""
    content = _read_mapping(mapping, owner=owner)
    act = rehearsal.rehearse if dry_run else _bring_in
    try:
        click.echo(act(file, mapping=content, login=login, rejects=rejects))
    except DomainError as error:
        raise click.ClickException(error.detail) from None


def _read_mapping(file: Path, *, owner: str | None) -> dict[str, Any]:
    read = json.loads if file.suffix == ".json" else tomllib.loads
    try:
        content: dict[str, Any] = read(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    if owner is not None:
        content["default_owner"] = owner
    try:
        loaded: dict[str, Any] = MappingSchema().load(content)
    except ma.ValidationError as error:
        raise click.ClickException(f"{file}: {error.messages}") from None
    return loaded


def _bring_in(file: Path, *, mapping: dict[str, Any], login: str, rejects: Path | None) -> str:
    with file.open("rb") as content, transaction():
        by = service.name_importer(login)
        import_id = service.receive_import(
            content,
            file_name=file.name,
            mapping=mapping,
            is_dry_run=False,
            by=by,
            now=clock.now(),
        ).id
    worker.split_waiting(import_id)
    with transaction(read_only=True):
        progress = service.get_progress(import_id, visible_to=by)
    with progress_bar(total=progress.rows - progress.done, unit="rows") as bar:
        worker.work_until_finished(import_id, watch=bar.update)
    with transaction(read_only=True):
        progress = service.get_progress(import_id, visible_to=by)
        if rejects is not None:
            with rejects.open("wb") as target:
                service.write_rejects(import_id, to=target, visible_to=by)
    if progress.status is ImportStatus.FAILED:
        raise click.ClickException(str(progress.failure))
    return (
        f"{progress.rows} rows: {progress.created} created, {progress.updated} updated, "
        f"{progress.unchanged} unchanged, {progress.rejected} rejected."
    )


@click.command("work-imports")
def work_imports() -> None:
    """Work off the files that wait, in chunks. Any number of these may run at once."""
    for import_id in worker.waiting_ids():
        worker.split_waiting(import_id)
    with progress_bar(total=None, unit="rows") as bar:
        rows = worker.work_until_idle(watch=bar.update)
    click.echo(f"Worked off {rows} rows.")


COMMANDS = (import_customers, work_imports)
