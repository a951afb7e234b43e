"""The reference entries of the library: offered for approval, and approved for the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.customers.terms import CommunicationStyle
from crm_api.kit.db import db
from crm_api.preparation.library import service as library
from crm_api.preparation.library.models import LibraryEntry, LibraryVersion
from crm_api.preparation.library.terms import EntryKind, Situation, VersionStatus
from crm_api.seeding.service import PRODUCT, actor_of, read_seeds

if TYPE_CHECKING:
    from datetime import datetime


def load_library(*, now: datetime) -> int:
    """Propose the reference entries of the library; return how many are new."""
    known = set(db.session.scalars(sa.select(LibraryEntry.id)))
    given = read_seeds("reference/library.toml")["entry"]
    fresh = [entry for entry in given if entry["id"] not in known]
    for entry in fresh:
        style = entry.get("style")
        content = {
            "do": [],
            "avoid": [],
            **entry,
            "kind": EntryKind(entry["kind"]),
            "situation": Situation(entry["situation"]),
            "style": CommunicationStyle(style) if style else None,
        }
        library.propose_entry(content, by=PRODUCT, now=now)
    return len(fresh)


def approve_library_for_demo(*, now: datetime) -> int:
    """Let the demo manager approve what the product brought; return how many."""
    waiting = db.session.scalars(
        sa.select(LibraryVersion.entry_id)
        .where(
            LibraryVersion.status == VersionStatus.PROPOSED,
            LibraryVersion.proposed_by_id == PRODUCT.id,
        )
        .order_by(LibraryVersion.entry_id)
    ).all()
    for entry_id in waiting:
        library.approve_version(entry_id, 1, by=actor_of("demo-manager"), now=now)
    return len(waiting)
