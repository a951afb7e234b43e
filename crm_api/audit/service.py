"""Keep the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.audit.models import AuditEntry
from crm_api.kit.db import db

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOTHING: Mapping[str, Any] = {}


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
