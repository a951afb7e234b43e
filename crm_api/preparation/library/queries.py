"""Reads the library. It is everybody's: the house's own words, no customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from crm_api.kit.db import db
from crm_api.kit.errors import NotFound
from crm_api.kit.paging import Page, PageRequest, fetch_page
from crm_api.preparation.library.models import LibraryEntry, LibraryVersion
from crm_api.preparation.library.terms import VersionStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from crm_api.customers.terms import CommunicationStyle
    from crm_api.preparation.library.terms import Situation

WITH_VERSIONS = selectinload(LibraryEntry.versions)


def list_entries(
    *,
    page: PageRequest,
    status: VersionStatus | None,
    is_retired: bool | None,
    q: str | None,
    **equal: Any,
) -> Page:
    """Return a page of entries with their versions, by name.

    `status` wants those with a version that stands so, `q` a piece of the name.
    """
    wanted = [getattr(LibraryEntry, n) == value for n, value in equal.items() if value is not None]
    if status is not None:
        wanted.append(LibraryEntry.versions.any(LibraryVersion.status == status))
    if is_retired is not None:
        wanted.append(LibraryEntry.retired_at.is_not(None).is_(is_retired))
    if q is not None:
        wanted.append(LibraryEntry.name.contains(q, autoescape=True))
    statement = sa.select(LibraryEntry).options(WITH_VERSIONS).where(*wanted)
    return fetch_page(statement, by=[LibraryEntry.name, LibraryEntry.id], page=page)


def list_versions(*, page: PageRequest, status: VersionStatus) -> Page:
    """Return a page of versions that stand alike, each with its entry, the oldest first."""
    statement: Any = (
        sa.select(LibraryVersion, LibraryEntry)
        .join(LibraryEntry, LibraryEntry.id == LibraryVersion.entry_id)
        .where(LibraryVersion.status == status)
    )
    return fetch_page(statement, by=[LibraryVersion.created_at, LibraryVersion.id], page=page)


def get_entry(entry_id: str, *, locked: bool = False) -> LibraryEntry:
    """Return an entry with its versions; locked, for whoever is going to change them.

    :raises NotFound: if there is none
    """
    statement = sa.select(LibraryEntry).where(LibraryEntry.id == entry_id).options(WITH_VERSIONS)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    entry = db.session.scalars(statement).one_or_none()
    if entry is None:
        raise NotFound("library entry")
    return entry


def get_version(entry: LibraryEntry, number: int) -> LibraryVersion:
    """Return one version of an entry.

    :raises NotFound: if it has no such version
    """
    for version in entry.versions:
        if version.number == number:
            return version
    raise NotFound("library version")


def find_entry(entry_id: str) -> LibraryEntry | None:
    """Return an entry with its versions, if there is one."""
    statement = sa.select(LibraryEntry).where(LibraryEntry.id == entry_id)
    return db.session.scalars(statement.options(WITH_VERSIONS)).one_or_none()


def find_id_named(name: str) -> str | None:
    """Return the id of the entry of this name, if there is one."""
    return db.session.scalar(sa.select(LibraryEntry.id).where(LibraryEntry.name == name))


def approved_words(
    situations: Collection[Situation], *, style: CommunicationStyle | None, most: int
) -> Sequence[tuple[LibraryEntry, LibraryVersion]]:
    """Return what is approved for these situations and this style, or for anybody.

    Of each kind and situation the newest few: what is made for the style comes first.
    """
    fits: sa.ColumnElement[bool] = LibraryEntry.style.is_(None)
    if style is not None:
        fits = sa.or_(fits, LibraryEntry.style == style)
    first = (
        LibraryEntry.style.is_(None),
        LibraryVersion.approved_at.desc(),
        LibraryVersion.id,
    )
    place = sa.func.row_number().over(
        partition_by=(LibraryEntry.kind, LibraryEntry.situation), order_by=first
    )
    ranked = (
        sa.select(LibraryVersion.id.label("id"), place.label("place"))
        .join(LibraryEntry, LibraryEntry.id == LibraryVersion.entry_id)
        .where(
            LibraryVersion.status == VersionStatus.APPROVED,
            LibraryEntry.situation.in_(sorted(situations)),
            fits,
        )
        .subquery()
    )
    statement = (
        sa.select(LibraryEntry, LibraryVersion)
        .join(LibraryVersion, LibraryVersion.entry_id == LibraryEntry.id)
        .join(ranked, ranked.c.id == LibraryVersion.id)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.place, LibraryEntry.id)
    )
    return [(entry, version) for entry, version in db.session.execute(statement)]
