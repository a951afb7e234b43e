"""Tell how far an import has come, and what was rejected."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import IO, TYPE_CHECKING, Any

from crm_api.customers.imports import queries
from crm_api.kit.cells import cell

KEPT_IN_MEMORY = 1024 * 1024

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.accounts.actors import Actor
    from crm_api.customers.imports.values import Progress
    from crm_api.kit.paging import Page, PageRequest


def get_progress(import_id: str, *, visible_to: Actor) -> Progress:
    """Return how far an import has come.

    :raises NotFound: if there is none, or none that the actor may see
    """
    return queries.measure([queries.get_import(import_id, visible_to=visible_to)])[0]


def fetch_imports(*, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of imports with their progress, newest first."""
    return queries.fetch_imports(visible_to=visible_to, page=page)


def write_rejects(import_id: str, *, to: IO[bytes], visible_to: Actor) -> int:
    """Write the rejected rows as CSV, each with its number and its reasons; return how many.

    :raises NotFound: if there is no such import, or none that the actor may see
    """
    header = queries.get_import(import_id, visible_to=visible_to).header or []
    return write_reject_rows(queries.read_rejects(import_id), to=to, header=header)


def open_rejects(import_id: str, *, visible_to: Actor) -> IO[bytes]:
    """Return the rejected rows as an open CSV file, which the caller closes.

    :raises NotFound: if there is no such import, or none that the actor may see
    """
    found = queries.get_import(import_id, visible_to=visible_to)
    file: Any = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115
    write_reject_rows(queries.read_rejects(found.id), to=file, header=found.header or [])
    file.seek(0)
    opened: IO[bytes] = file
    return opened


def write_reject_rows(
    rejects: Iterable[dict[str, Any]], *, to: IO[bytes], header: Iterable[str]
) -> int:
    """Write rejected rows as CSV, as they come; return how many."""
    # The mark tells spreadsheets that this is UTF-8.
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(["row_number", "reasons", *map(cell, header)])
    count = 0
    for reject in rejects:
        reasons = "; ".join(reject["reasons"])
        writer.writerow([reject["number"], reasons, *map(cell, reject["cells"])])
        count += 1
    text.detach()
    return count
