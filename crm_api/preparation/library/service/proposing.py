"""Propose what to say, and better words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.db import db
from crm_api.kit.errors import IdTaken
from crm_api.kit.ids import new_id
from crm_api.preparation.library import queries
from crm_api.preparation.library.errors import EntryNameTaken, EntryRetired
from crm_api.preparation.library.models import LibraryEntry, LibraryVersion
from crm_api.preparation.library.service.checking import require_fit
from crm_api.preparation.library.terms import VersionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor

FOR = ("name", "kind", "situation", "style")
WORDS = ("text", "do", "avoid")


def propose_entry(content: dict[str, Any], *, by: Actor, now: datetime) -> LibraryEntry:
    """Propose something new to say. The same id with the same content is a repeat.

    :raises IdTaken: if the id belongs to another entry
    :raises EntryNameTaken: if the name does
    :raises SaysForbiddenWords: if it says what nobody may
    """
    made_for = {name: content[name] for name in FOR}
    words = {name: content[name] for name in WORDS}
    if content["id"] and (known := queries.find_entry(content["id"])):
        return _repeat(known, made_for, words)
    if taken := queries.find_id_named(content["name"]):
        raise EntryNameTaken(entry_id=taken)
    entry = LibraryEntry(id=content["id"] or new_id(), created_at=now, versions=[], **made_for)
    db.session.add(entry)
    _add(entry, words, by=by, now=now)
    return entry


def _repeat(known: LibraryEntry, made_for: dict[str, Any], words: dict[str, Any]) -> LibraryEntry:
    first = known.versions[0]
    told = {n: getattr(known, n) for n in FOR}, {n: getattr(first, n) for n in WORDS}
    if told != (made_for, words):
        raise IdTaken
    return known


def propose_version(
    entry_id: str, words: dict[str, Any], *, by: Actor, now: datetime
) -> LibraryEntry:
    """Propose other words for an entry; what is in use stays so until they are approved.

    :raises NotFound: if there is no such entry
    :raises EntryRetired: if it is out of use
    :raises SaysForbiddenWords: if they say what nobody may
    """
    entry = queries.get_entry(entry_id, locked=True)
    if entry.retired_at is not None:
        raise EntryRetired
    _add(entry, words, by=by, now=now)
    return entry


def _add(entry: LibraryEntry, words: dict[str, Any], *, by: Actor, now: datetime) -> None:
    require_fit(entry.kind, (words["text"], *words["do"]))
    entry.versions.append(
        LibraryVersion(
            number=len(entry.versions) + 1,
            status=VersionStatus.PROPOSED,
            proposed_by_id=by.id,
            created_at=now,
            **words,
        )
    )
    db.session.flush()
