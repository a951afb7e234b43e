"""Give what is approved to whoever prepares, and what waits to whoever approves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.care.wording import queries as wording
from crm_api.kit.paging import Page
from crm_api.preparation.library import queries
from crm_api.preparation.library.service.checking import forbidden_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_api.accounts.actors import Actor
    from crm_api.customers.terms import CommunicationStyle
    from crm_api.kit.paging import PageRequest
    from crm_api.preparation.library.models import LibraryEntry, LibraryVersion
    from crm_api.preparation.library.terms import Situation, VersionStatus

MOST = 3


def suitable_words(
    situations: Collection[Situation], *, style: CommunicationStyle | None
) -> list[tuple[LibraryEntry, LibraryVersion]]:
    """Return what to say in these situations to somebody of this style, the closest first.

    What says a word that was forbidden since is left out, as no greeting says it either.
    """
    found = queries.approved_words(situations, style=style, most=MOST)
    words = wording.forbidden_words() if found else ()
    return [
        (entry, version)
        for entry, version in found
        if not forbidden_in(entry.kind, (version.text, *version.do), words=words)
    ]


def list_versions(*, page: PageRequest, status: VersionStatus, by: Actor) -> Page:
    """Return versions that stand alike with what is wrong with them today, the oldest first."""
    found = queries.list_versions(page=page, status=status)
    words = wording.forbidden_words()
    return Page(
        [_desk(row[0], row[1], words=words, by=by) for row in found.items], found.next_cursor
    )


def _desk(version: LibraryVersion, entry: LibraryEntry, *, words: Any, by: Actor) -> dict[str, Any]:
    return {
        "entry": entry,
        "version": version,
        "forbidden_words": forbidden_in(entry.kind, (version.text, *version.do), words=words),
        "is_own": version.proposed_by_id == by.id,
    }
