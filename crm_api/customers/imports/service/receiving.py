"""Take a file in; nothing of it is read yet."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts.models import Staff
from crm_api.audit import service as audit
from crm_api.customers.imports import queries
from crm_api.customers.imports.errors import FileRefused, NotAnImporter
from crm_api.customers.imports.models import CustomerImport, ImportPart
from crm_api.kit.db import db
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.imports.values import Progress

PART = 512 * 1024
LONGEST_NAME = 200


def name_importer(login: str) -> Actor:
    """Return who brings customers in, by their login.

    :raises NotAnImporter: if that is nobody, or nobody who may
    """
    importer = queries.find_importer(Staff.login == login)
    if importer is None:
        raise NotAnImporter
    return importer


def accept_import(file: IO[bytes], *, by: Actor, **order: Any) -> Progress:
    """Keep a file to be worked off, and tell how far it has come: nowhere, or on its way.

    :raises FileRefused: if it is empty
    """
    received = receive_import(file, by=by, **order)
    return queries.measure([received])[0]


def receive_import(
    file: IO[bytes],
    *,
    file_name: str,
    mapping: dict[str, Any],
    is_dry_run: bool,
    by: Actor,
    now: datetime,
) -> CustomerImport:
    """Keep a file to be worked off, or return the unfinished import of the same one.

    :raises FileRefused: if it is empty
    """
    digest = _digest(file)
    known = queries.find_open_import(
        digest=digest, mapping=mapping, is_dry_run=is_dry_run, by_id=by.id
    )
    if known is not None:
        return known
    received = CustomerImport(
        id=new_id(),
        by_id=by.id,
        file_name=file_name[:LONGEST_NAME],
        digest=digest,
        mapping=mapping,
        is_dry_run=is_dry_run,
        created_at=now,
    )
    db.session.add(received)
    db.session.flush()
    _keep_parts(file, received.id)
    details = {"source": mapping["source"], "digest": digest, "is_dry_run": is_dry_run}
    audit.record(
        "import_customers",
        by_id=by.id,
        at=now,
        subject_kind="customer_import",
        subject_id=received.id,
        details=details,
    )
    return received


def _digest(file: IO[bytes]) -> str:
    whole = hashlib.sha256()
    for content in iter(lambda: file.read(PART), b""):
        whole.update(content)
    return whole.hexdigest()


def _keep_parts(file: IO[bytes], import_id: str) -> None:
    file.seek(0)
    number = 0
    for number, content in enumerate(iter(lambda: file.read(PART), b""), start=1):
        row = {"import_id": import_id, "number": number, "content": content}
        db.session.execute(sa.insert(ImportPart), [row])
    if number == 0:
        raise FileRefused("The file is empty.")
