"""What a phone sent and the server would not take, back on all phones of whoever sent it."""

from __future__ import annotations

from functools import partial

from crm_api.sync.models import SyncIssue
from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written

_issues = SyncIssue.__table__
_text = partial(Column, kind=Kind.TEXT)
_maybe_text = partial(_text, is_optional=True)

SYNC_ISSUES = SyncTable(
    name="sync_issues",
    source=_issues,
    id=_issues.c.id,
    subscriber_id=_issues.c.staff_id,
    is_within=lambda _today: _issues.c.settled_at.is_(None),
    watches={"sync_issues": "id"},
    columns=(
        _text(name="table_name", source=_issues.c.table_name),
        _text(name="record_id", source=_issues.c.record_id),
        _text(name="op", source=_issues.c.op),
        _maybe_text(name="customer_id", source=_issues.c.customer_id),
        _text(name="code", source=_issues.c.code),
        _maybe_text(name="field", source=_issues.c.field),
        _text(name="message", source=_issues.c.message),
        Column(name="content", kind=Kind.DOCUMENT, source=_issues.c.content),
        Column(
            name="next_allowed_at",
            kind=Kind.MOMENT,
            source=_issues.c.next_allowed_at,
            is_optional=True,
        ),
        Column(name="reported_at", kind=Kind.MOMENT, source=_issues.c.created_at),
        # The app writes it when the account manager has dealt with it: the row then leaves.
        Column(
            name="settled_at",
            kind=Kind.MOMENT,
            source=_issues.c.settled_at,
            written=Written.ALWAYS,
            is_optional=True,
        ),
        _maybe_text(name="settled_how", source=_issues.c.settled_how, written=Written.ALWAYS),
    ),
)

TABLES = (SYNC_ISSUES,)
