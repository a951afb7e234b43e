"""Who writes what phones push, by table; what others refer to comes first."""

from __future__ import annotations

from typing import Final

from crm_api.sync.pushing.writers import (
    anniversaries,
    attachments,
    contacts,
    customers,
    follow_ups,
    profiles,
    promises,
    sync_issues,
    visits,
)
from crm_api.sync.pushing.writers.shape import Writer

__all__ = ["WRITERS", "Writer"]

WRITERS: Final[dict[str, Writer]] = {
    "customers": customers.WRITER,
    "profiles": profiles.WRITER,
    "anniversaries": anniversaries.WRITER,
    **visits.WRITERS,
    "attachments": attachments.WRITER,
    # Before contacts: one that was planned gives its slot back before it counts as a fact.
    "follow_ups": follow_ups.WRITER,
    "contacts": contacts.WRITER,
    "promises": promises.WRITER,
    "sync_issues": sync_issues.WRITER,
}
