"""Keep the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOTHING: Mapping[str, Any] = {}
# The details in which people say why.
WORDS = ("reason", "note")


def record(
    action: str,
    *,
    by_id: str | None,
    at: datetime,
    subject_kind: str,
    subject_id: str,
    details: Mapping[str, Any] = NOTHING,
) -> None:
    """Write down an act, in the transaction of the act itself.

    `by_id` is None where nobody had proved who they are. Details hold ids and words of the
    glossary, never a secret, a phone number or a document number.
    """
    db.session.add(
        AuditEntry(
            action=action,
            by_id=by_id,
            created_at=at,
            subject_kind=subject_kind,
            subject_id=subject_id,
            details=dict(details),
        )
    )


def forget_details(subject_ids: sa.Select[tuple[str]], *, erasure_id: str) -> None:
    """Take the details out of the entries in which people say why; the acts stay on record.

    In their place stands the erasure for which they went: a trigger asks for that, and lets no
    other change in.
    """
    told = sa.cast(AuditEntry.details, sa.Text)
    has_words = sa.or_(*(told.contains(f'"{name}"') for name in WORDS))
    change = sa.update(AuditEntry.__table__).where(  # type: ignore[arg-type]
        AuditEntry.subject_id.in_(subject_ids), has_words
    )
    db.session.execute(change.values(details={"erasure_id": erasure_id}))
