"""Hand a customer all that is kept of them."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from typing import IO, TYPE_CHECKING, Any

import orjson

from crm_api.attachments.stores import current_store
from crm_api.audit import service as audit
from crm_api.customers import queries as customers
from crm_api.kit.transactions import reading_apart
from crm_api.privacy.queries import erasures, held

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crm_api.accounts.actors import Actor

    # Of a file: its place in the archive, and its key in the store.
    Placed = tuple[str, str]

KEPT_IN_MEMORY = 1024 * 1024
DOCUMENT = "customer.json"
# The names of tables and columns are SQLAlchemy's own kind of text.
AS_FILE = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def export_customer(customer_id: str, *, reason: str, by: Actor, now: datetime) -> dict[str, Any]:
    """Return all that is kept of a customer, unmasked, by table; who took it out and why is kept.

    :raises NotFound: if the actor may not see the customer
    """
    bundle = _bundle(customer_id, by=by, now=now)
    _record(bundle, reason=reason, by=by, now=now)
    return bundle


def archive_customer(customer_id: str, *, reason: str, by: Actor, now: datetime) -> IO[bytes]:
    """Return the same as a file in an archive, beside the files themselves; the caller closes it.

    It may be long: it is read in one snapshot, and no transaction waits while bytes are copied.

    :raises NotFound: if the actor may not see the customer
    :raises StorageUnavailable: if the bytes of a file cannot be had
    """
    with reading_apart():
        bundle = _bundle(customer_id, by=by, now=now)
        files = _files(customers.ids_of(customer_id))
    archive = _archive(bundle, files)
    _record(bundle, reason=reason, by=by, now=now, files=len(files))
    return archive


def _bundle(customer_id: str, *, by: Actor, now: datetime) -> dict[str, Any]:
    customers.get_customer(customer_id, visible_to=by)
    ids = customers.ids_of(customer_id)
    tables = {table.name: held.rows_of(table, ids) for table in held.tables_from_below()}
    return {
        "customer_id": customer_id,
        "made_at": now,
        "by_id": by.id,
        "tables": dict(sorted(tables.items())),
    }


def _record(
    bundle: dict[str, Any], *, reason: str, by: Actor, now: datetime, **amounts: int
) -> None:
    rows = sum(map(len, bundle["tables"].values()))
    audit.record(
        "customer.exported",
        by_id=by.id,
        at=now,
        subject_kind="customer",
        subject_id=bundle["customer_id"],
        details={"reason": reason, "rows": rows, **amounts},
    )


def _files(customer_ids: list[str]) -> list[Placed]:
    """Return where each file goes: what arrived in part only has no bytes to give."""
    return [
        (f"files/{one.id}/{_harmless(one.file_name)}", one.file.key)
        for one in erasures.files_of(customer_ids)
        if one.file is not None
    ]


def _harmless(name: str) -> str:
    """Return a name that leads nowhere but into its folder, wherever it is unpacked."""
    return re.sub(r"[^\w.-]+", "_", name).lstrip(".") or "file"


def _archive(bundle: dict[str, Any], files: Iterable[Placed]) -> IO[bytes]:
    archive: Any = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115
    try:
        _fill(archive, bundle, files)
    except BaseException:
        archive.close()
        raise
    archive.seek(0)
    return archive  # type: ignore[no-any-return]


def _fill(archive: IO[bytes], bundle: dict[str, Any], files: Iterable[Placed]) -> None:
    made_at = bundle["made_at"].timetuple()[:6]
    with zipfile.ZipFile(archive, "w") as into:
        document = orjson.dumps(bundle, option=AS_FILE)
        about = zipfile.ZipInfo(DOCUMENT, made_at)
        into.writestr(about, document, compress_type=zipfile.ZIP_DEFLATED)
        for place, key in files:  # photos and the like do not get smaller
            entry = zipfile.ZipInfo(place, made_at)
            with current_store().open(key) as file, into.open(entry, "w") as to:
                shutil.copyfileobj(file, to)
