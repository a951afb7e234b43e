"""Phones and what the server would not take of them, made without ceremony."""

from __future__ import annotations

from crm_api.kit import clock
from crm_api.kit.ids import new_id
from crm_api.kit.transactions import transaction
from crm_api.sync.models import Phone
from crm_api.sync.phones import service as phones


def make_phone(owner, device_id: str | None = None, **said) -> Phone:
    """Let a phone call for the first time."""
    told = {"app_version": "1.4.0", "schema_version": 1, "now": clock.now(), **said}
    with transaction():
        return phones.see_phone(owner, device_id=device_id or f"phone-{new_id()}", **told)
