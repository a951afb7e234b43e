"""Read the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crm_api.audit.models import AuditEntry
from crm_api.kit.paging import Page, PageRequest, fetch_page

if TYPE_CHECKING:
    from datetime import datetime


def list_entries(
    *, page: PageRequest, since: datetime | None, until: datetime | None, **equal: str | None
) -> Page:
    """Return acts, the newest first. `equal` names columns and what they must hold."""
    statement = sa.select(AuditEntry).filter_by(
        **{name: value for name, value in equal.items() if value is not None}
    )
    if since is not None:
        statement = statement.where(AuditEntry.created_at >= since)
    if until is not None:
        statement = statement.where(AuditEntry.created_at < until)
    by = [AuditEntry.created_at, AuditEntry.id]
    return fetch_page(statement, by=by, page=page, descending=True)
