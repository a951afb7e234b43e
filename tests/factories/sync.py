"""Phones and what the server would not take of them, made without ceremony."""

from __future__ import annotations

from crm_api.kit import clock
from crm_api.kit.db import db
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Phone, SyncIssue
from crm_api.sync.phones import service as phones
from crm_api.sync.terms import Pushed


def make_phone(owner, device_id: str | None = None, **said) -> Phone:
    """Let a phone call for the first time."""
    told = {"app_version": "1.4.0", "schema_version": 1, "now": clock.now(), **said}
    with transaction():
        return phones.see_phone(owner, device_id=device_id or f"phone-{new_id()}", **told)


def make_issue(sender, customer=None, **changes) -> SyncIssue:
    """Keep a note of a visit that the server would not take."""
    issue = SyncIssue(
        **{
            "id": new_id(),
            "created_at": clock.now(),
            "staff_id": sender.id,
            "device_id": "phone-1",
            "table_name": "visit_notes",
            "record_id": new_id(),
            "op": Pushed.CREATED,
            "customer_id": customer and customer.id,
            "code": "not_found",
            "message": "There is no such visit, or you may not see it.",
            "content": {"text": "She prefers tea."},
            **changes,
        }
    )
    with transaction():
        db.session.add(issue)
    return issue
