"""Who writes what phones push, by table; what others refer to comes first."""

from __future__ import annotations

from typing import Final

from crm_api.sync.pushing.writers import anniversaries, customers, profiles
from crm_api.sync.pushing.writers.shape import Writer

__all__ = ["WRITERS", "Writer"]

WRITERS: Final[dict[str, Writer]] = {
    "customers": customers.WRITER,
    "profiles": profiles.WRITER,
    "anniversaries": anniversaries.WRITER,
}
