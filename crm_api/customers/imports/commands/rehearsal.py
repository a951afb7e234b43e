"""A dry run: the whole file is read and judged, nothing is stored."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from crm_api.customers.imports import service
from crm_api.customers.imports.commands.worker import chunks_of
from crm_api.customers.imports.policies.mapping import read_mapping
from crm_api.customers.imports.tables import open_table
from crm_api.customers.imports.values import Order, Tally
from crm_api.kit import clock
from crm_api.kit.progress import progress_bar
from crm_api.kit.transactions import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crm_api.customers.imports.tables import SheetRow


def rehearse(file: Path, *, mapping: dict[str, Any], login: str, rejects: Path | None) -> str:
    """Return what an import would do, in one line."""
    with transaction(read_only=True):
        by = service.name_importer(login)
    total = Tally()
    with file.open("rb") as content, contextlib.ExitStack() as stack:
        header, rows = open_table(content, mapping=read_mapping(mapping))
        order = Order(
            import_id="", by=by, header=header, mapping=read_mapping(mapping), is_dry_run=True
        )
        rejected = _judge(rows, order=order, total=total)
        if rejects is None:
            count = sum(1 for _ in rejected)
        else:
            target = stack.enter_context(rejects.open("wb"))
            count = service.write_reject_rows(rejected, to=target, header=header)
    return (
        f"Nothing is stored. Would be: {total.created} created, {total.updated} updated, "
        f"{total.unchanged} unchanged, {count} rejected."
    )


def _judge(rows: Iterable[SheetRow], *, order: Order, total: Tally) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    with progress_bar(total=None, unit="rows") as bar:
        for chunk in chunks_of(rows):
            with transaction(read_only=True):
                tally = service.rehearse_rows(chunk, order=order, seen=seen, now=clock.now())
            total.created += tally.created
            total.updated += tally.updated
            total.unchanged += tally.unchanged
            yield from tally.rejects
            bar.update(len(chunk))
