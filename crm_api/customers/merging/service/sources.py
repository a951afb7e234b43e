"""Where the survivor's fields came from, which the merged record filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crm_api.customers.merging.service.journal import rows_of
from crm_api.customers.models import Customer, ExtendedProfile
from crm_api.customers.provenance.models import ProfileSources
from crm_api.customers.provenance.terms import Origin
from crm_api.kit.db import db

if TYPE_CHECKING:
    from crm_api.customers.merging.values import Merging

SOURCES = cast("sa.Table", ProfileSources.__table__)
PROFILES = (Customer.__tablename__, ExtendedProfile.__tablename__)
OURS_TO_KEEP = {"id", "document_index", "merged_into_id", "owner_id", "team_id"}


def note_sources(merging: Merging) -> None:
    """Say of each field that was filled that it came by the merge, and from which record.

    How that record had learned it stays with the journal, for when they are two again.
    """
    pair = (merging.survivor.id, merging.merged.id)
    rows = {row["id"]: row for row in rows_of(SOURCES, SOURCES.c.id.in_(pair))}
    told = dict.fromkeys(_filled(merging), _entry(merging))
    if pair[1] in rows:
        merging.journal.take_away(SOURCES, [rows[pair[1]]])
    if pair[0] in rows:
        known = rows[pair[0]]
        merging.journal.change(SOURCES, known, {"fields": {**known["fields"], **told}})
    elif told:
        row = {"id": pair[0], "fields": told}
        db.session.execute(sa.insert(SOURCES).values(row))
        merging.journal.note_added(SOURCES, row)


def _filled(merging: Merging) -> list[str]:
    names: set[str] = set()
    for row in merging.journal.rows:
        if row["table_name"] in PROFILES and row["key"]["id"] == merging.survivor.id:
            names |= set(row["after"] or {})
    return sorted(names - OURS_TO_KEEP)


def _entry(merging: Merging) -> dict[str, Any]:
    return {
        "origin": Origin.MERGE.value,
        "record_id": merging.merged.id,
        "by_id": merging.by.id,
        "learned_at": merging.now.isoformat(),
    }
