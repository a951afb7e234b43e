"""Optimistic locking: an update names the version that its author read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_api.kit.errors import StaleVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_api.kit.db import Versioned


def require_version(record: Versioned, *, expected: int, wanted: Mapping[str, Any]) -> None:
    """Make sure that the author of an update saw the record as it is.

    :raises StaleVersion: naming the fields in which the record differs from what is wanted
    """
    if record.version == expected:
        return
    differs = sorted(
        name for name, value in wanted.items() if getattr(record, name, value) != value
    )
    raise StaleVersion(current_version=record.version, differs=differs)
