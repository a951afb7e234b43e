"""What an import is about, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from crm_api.accounts.actors import Actor
    from crm_api.customers.imports.models import ImportStatus
    from crm_api.customers.imports.policies.mapping import FileMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What shall be done with the rows of a file, and on whose behalf."""

    import_id: str
    by: Actor
    header: Sequence[str]
    mapping: FileMapping
    is_dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an external id became when its row was taken last."""

    customer_id: str
    digest: str
    import_id: str
    row_number: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of some rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejects: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many rows could not be taken."""
        return len(self.rejects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import has come."""

    id: str
    created_at: datetime
    finished_at: datetime | None
    status: ImportStatus
    failure: str | None
    file_name: str
    source: str
    is_dry_run: bool
    rows: int
    done: int
    created: int
    updated: int
    unchanged: int
    rejected: int
