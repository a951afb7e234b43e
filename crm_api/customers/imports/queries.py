"""Reads of imports, and of what is known about the rows of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.accounts import queries as accounts
from crm_api.accounts.actors import Actor
from crm_api.accounts.models import Role, Staff, Standing, Team
from crm_api.customers.imports.models import (
    CustomerImport,
    ImportChunk,
    ImportedCustomer,
    ImportPart,
    ImportStatus,
)
from crm_api.customers.imports.values import Progress, Remembered
from crm_api.customers.models import Customer
from crm_api.customers.queries import limit_to
from crm_api.kit.bulk import is_among
from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import fetch_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crm_api.kit.paging import Page, PageRequest

IMPORTERS = (Role.MANAGER, Role.ADMIN)
SEES_ALL = (Role.ADMIN, Role.AUDITOR)
OPEN = (ImportStatus.RECEIVED, ImportStatus.SPLIT)


def find_importer(*conditions: sa.ColumnElement[bool]) -> Actor | None:
    """Return the active member of staff who may import, if this is one."""
    statement = (
        sa.select(Staff, Team.path)
        .join(Team, Team.id == Staff.team_id)
        .where(Staff.status == Standing.ACTIVE, Staff.role.in_(IMPORTERS), *conditions)
    )
    row = db.session.execute(statement).first()
    if row is None:
        return None
    staff, path = row
    return Actor(
        id=staff.id, name=staff.name, role=staff.role, team_id=staff.team_id, team_path=path
    )


def get_import(import_id: str, *, visible_to: Actor) -> CustomerImport:
    """Return an import, for whoever brought it, administrators and auditors.

    :raises NotFound: if there is none, or none that the actor may see
    """
    statement = _visible(sa.select(CustomerImport), visible_to)
    statement = statement.where(CustomerImport.id == import_id)
    found: CustomerImport | None = db.session.scalars(statement).one_or_none()
    if found is None:
        raise NotFound("import")
    return found


def _visible(statement: sa.Select[Any], visible_to: Actor) -> sa.Select[Any]:
    if visible_to.role in SEES_ALL:
        return statement
    return statement.where(CustomerImport.by_id == visible_to.id)


def fetch_imports(*, visible_to: Actor, page: PageRequest) -> Page:
    """Return a page of imports with their progress, newest first."""
    statement = _visible(sa.select(CustomerImport), visible_to)
    found = fetch_page(statement, by=[CustomerImport.id], page=page, descending=True)
    return type(found)(measure(found.items), found.next_cursor)


def measure(imports: Sequence[CustomerImport]) -> list[Progress]:
    """Return how far these imports have come, in one statement."""
    done = sa.case((ImportChunk.is_done, ImportChunk.row_count), else_=0)
    columns = {
        "rows": ImportChunk.row_count,
        "done": done,
        "created": ImportChunk.created,
        "updated": ImportChunk.updated,
        "unchanged": ImportChunk.unchanged,
        "rejected": ImportChunk.rejected,
    }
    sums = [sa.func.sum(column).label(name) for name, column in columns.items()]
    statement = (
        sa.select(ImportChunk.import_id, *sums)
        .where(ImportChunk.import_id.in_([one.id for one in imports]))
        .group_by(ImportChunk.import_id)
    )
    found = {row.import_id: row for row in db.session.execute(statement)}
    return [
        _progress(one, {name: int(getattr(found.get(one.id), name, 0)) for name in columns})
        for one in imports
    ]


def _progress(one: CustomerImport, counts: dict[str, int]) -> Progress:
    return Progress(
        id=one.id,
        created_at=one.created_at,
        finished_at=one.finished_at,
        status=one.status,
        failure=one.failure,
        file_name=one.file_name,
        source=one.mapping["source"],
        is_dry_run=one.is_dry_run,
        **counts,
    )


def find_open_import(
    *, digest: str, mapping: dict[str, Any], is_dry_run: bool, by_id: str
) -> CustomerImport | None:
    """Return the unfinished import of the same file with the same meaning, if there is one."""
    statement = (
        sa.select(CustomerImport)
        .where(
            CustomerImport.by_id == by_id,
            CustomerImport.digest == digest,
            CustomerImport.is_dry_run.is_(is_dry_run),
            CustomerImport.status.in_(OPEN),
        )
        .order_by(CustomerImport.id)
    )
    same = (one for one in db.session.scalars(statement) if one.mapping == mapping)
    return next(same, None)


def find_unsplit_ids() -> Sequence[str]:
    """Return the imports whose file waits to be split, oldest first."""
    waiting = sa.select(CustomerImport.id).where(CustomerImport.status == ImportStatus.RECEIVED)
    return db.session.scalars(waiting.order_by(CustomerImport.id)).all()


def is_open(import_id: str) -> bool:
    """Tell whether an import is still to be worked off."""
    status = sa.select(CustomerImport.status).where(CustomerImport.id == import_id)
    return db.session.scalars(status).one() in OPEN


def read_parts(import_id: str) -> Iterator[bytes]:
    """Return the bytes of a file piece by piece."""
    numbers = sa.select(ImportPart.number).where(ImportPart.import_id == import_id)
    for number in db.session.scalars(numbers.order_by(ImportPart.number)).all():
        content = sa.select(ImportPart.content).where(
            ImportPart.import_id == import_id, ImportPart.number == number
        )
        yield db.session.scalars(content).one()


def lock_next_chunk(import_id: str | None) -> tuple[ImportChunk, CustomerImport] | None:
    """Return a chunk to work on, which nobody else gets while this transaction lasts."""
    statement = (
        sa.select(ImportChunk, CustomerImport)
        .join(CustomerImport, CustomerImport.id == ImportChunk.import_id)
        .where(ImportChunk.is_done.is_(False), CustomerImport.status == ImportStatus.SPLIT)
        .order_by(ImportChunk.import_id, ImportChunk.number)
        .limit(1)
        .with_for_update(of=ImportChunk, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if import_id is not None:
        statement = statement.where(ImportChunk.import_id == import_id)
    row = db.session.execute(statement).first()
    return None if row is None else (row[0], row[1])


def read_rejects(import_id: str) -> Iterator[dict[str, Any]]:
    """Return the rejected rows in the order of the file, reading chunk by chunk."""
    with_rejects = sa.select(ImportChunk.number).where(
        ImportChunk.import_id == import_id, ImportChunk.rejected > 0
    )
    for number in db.session.scalars(with_rejects.order_by(ImportChunk.number)).all():
        rejects = sa.select(ImportChunk.rejects).where(
            ImportChunk.import_id == import_id, ImportChunk.number == number
        )
        yield from db.session.scalars(rejects).one() or []


def find_remembered(source: str, keys: Iterable[str]) -> dict[str, Remembered]:
    """Return what the ids of a source became before."""
    row = ImportedCustomer
    columns = (row.external_id, row.customer_id, row.digest, row.import_id, row.row_number)
    statement = sa.select(*columns).where(row.source == source, is_among(row.external_id, keys))
    return {
        key: Remembered(
            customer_id=customer_id, digest=digest, import_id=import_id, row_number=row_number
        )
        for key, customer_id, digest, import_id, row_number in db.session.execute(statement)
    }


def find_claimed(source: str, customer_ids: Iterable[str]) -> set[str]:
    """Return those of these customers whom the source knows by some id."""
    statement = sa.select(ImportedCustomer.customer_id).where(
        ImportedCustomer.source == source, is_among(ImportedCustomer.customer_id, customer_ids)
    )
    return set(db.session.scalars(statement))


def find_by_account_no(numbers: Iterable[str]) -> dict[str, str]:
    """Return the ids of the customers who have these account numbers already."""
    statement = sa.select(Customer.account_no, Customer.id)
    statement = statement.where(is_among(Customer.account_no, numbers))
    return {str(number): customer_id for number, customer_id in db.session.execute(statement)}


def find_by_phone(phones: Iterable[str]) -> dict[str, str]:
    """Return the id of a customer for each of these numbers that somebody has."""
    statement = sa.select(Customer.phone, Customer.id).where(is_among(Customer.phone, phones))
    return {str(phone): customer_id for phone, customer_id in db.session.execute(statement)}


def find_customers(ids: Iterable[str], *, visible_to: Actor) -> dict[str, Customer]:
    """Return those of these customers whom the actor may see."""
    statement = limit_to(sa.select(Customer), visible_to=visible_to)
    found = db.session.scalars(statement.where(is_among(Customer.id, ids)))
    return {customer.id: customer for customer in found}


def find_owners(logins: Iterable[str], *, visible_to: Actor) -> dict[str, tuple[str, str]]:
    """Return id and team of the active staff with these logins, in the actor's teams."""
    statement = sa.select(Staff.login, Staff.id, Staff.team_id).where(
        is_among(Staff.login, logins), Staff.status == Standing.ACTIVE
    )
    if visible_to.role is not Role.ADMIN:
        teams = accounts.subtree_team_ids(visible_to.team_path)
        statement = statement.where(Staff.team_id.in_(teams))
    return {
        login: (staff_id, team_id) for login, staff_id, team_id in db.session.execute(statement)
    }
