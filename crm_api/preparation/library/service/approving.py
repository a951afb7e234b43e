"""Have a second person answer for what is said, and take it out of use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.accounts.models import Role
from crm_api.audit import service as audit
from crm_api.kit.db import db
from crm_api.preparation.library import queries
from crm_api.preparation.library.errors import EntryRetired, NotYourProposal
from crm_api.preparation.library.service.checking import require_fit
from crm_api.preparation.library.terms import VersionStatus

if TYPE_CHECKING:
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.preparation.library.models import LibraryEntry, LibraryVersion


def approve_version(entry_id: str, number: int, *, by: Actor, now: datetime) -> LibraryEntry:
    """Let words reach briefs in the place of those before.

    They are looked at again, since the list of forbidden words may have grown.

    :raises NotFound: if there is no such version
    :raises EntryRetired: if the entry is out of use
    :raises OwnProposal: if its author asks
    :raises NotProposed: if it is settled
    :raises SaysForbiddenWords: if it says what nobody may by now
    """
    entry = queries.get_entry(entry_id, locked=True)
    version = queries.get_version(entry, number)
    if version.status is VersionStatus.APPROVED and version.approved_by_id == by.id:
        return entry
    if entry.retired_at is not None:
        raise EntryRetired
    require_fit(entry.kind, (version.text, *version.do))
    for older in entry.versions:
        if older.status is VersionStatus.APPROVED and older is not version:
            older.retire(by_id=by.id, at=now, because=None)
    db.session.flush()  # before the new one: an entry has one version in use
    version.approve(by_id=by.id, at=now)
    _note("approved", entry, by=by, now=now, number=number)
    db.session.flush()
    return entry


def reject_version(
    entry_id: str, number: int, *, reason: str, by: Actor, now: datetime
) -> LibraryEntry:
    """Send a proposal back to its author, with the reason.

    :raises NotFound: if there is no such version
    :raises NotProposed: if it is settled
    """
    entry = queries.get_entry(entry_id, locked=True)
    version = queries.get_version(entry, number)
    return _settle(entry, version, VersionStatus.REJECTED, reason=reason, by=by, now=now)


def withdraw_version(
    entry_id: str, number: int, *, reason: str, by: Actor, now: datetime
) -> LibraryEntry:
    """Take a proposal back.

    :raises NotFound: if there is no such version
    :raises NotYourProposal: if neither its author nor a manager asks
    :raises NotProposed: if it is settled
    """
    entry = queries.get_entry(entry_id, locked=True)
    version = queries.get_version(entry, number)
    if by.role is Role.ACCOUNT_MANAGER and version.proposed_by_id != by.id:
        raise NotYourProposal
    return _settle(entry, version, VersionStatus.WITHDRAWN, reason=reason, by=by, now=now)


def _settle(
    entry: LibraryEntry,
    version: LibraryVersion,
    status: VersionStatus,
    *,
    reason: str,
    by: Actor,
    now: datetime,
) -> LibraryEntry:
    if (version.status, version.ended_by_id, version.ended_because) != (status, by.id, reason):
        version.settle(status, by_id=by.id, at=now, because=reason)
        _note(status.value, entry, by=by, now=now, number=version.number)
        db.session.flush()
    return entry


def retire_entry(entry_id: str, *, reason: str, by: Actor, now: datetime) -> LibraryEntry:
    """Take an entry out of use for good: no brief says it any more.

    :raises NotFound: if there is no such entry
    """
    entry = queries.get_entry(entry_id, locked=True)
    if entry.retired_at is not None:
        return entry
    entry.retired_at = now
    for version in entry.versions:
        if version.status in (VersionStatus.PROPOSED, VersionStatus.APPROVED):
            version.retire(by_id=by.id, at=now, because=reason)
    _note("retired", entry, by=by, now=now)
    db.session.flush()
    return entry


def _note(action: str, entry: LibraryEntry, *, by: Actor, now: datetime, **details: Any) -> None:
    audit.record(
        f"library_entry_{action}",
        by_id=by.id,
        at=now,
        subject_kind="library_entry",
        subject_id=entry.id,
        details=details,
    )
