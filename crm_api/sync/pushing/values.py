"""A push as it was understood, and what became of its records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from crm_api.sync.terms import Pushed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from crm_api.accounts.actors import Actor
    from crm_api.sync.tables import SyncTable, Written


VISITS: Final = "visits"


@dataclass(slots=True, kw_only=True)
class PushedRecord:
    """What a phone did with one record.

    `edited` are the columns that its user changed since the last sync, `changed` those of them
    that are the writer's to write. `customer_id` says whose the record is, where the server has it.
    `is_done`: it was taken, perhaps by the writer of another record.
    """

    table: SyncTable
    id: str
    op: Pushed
    row: Mapping[str, Any] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    customer_id: str | None = None
    is_done: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Its table's name and its id."""
        return self.table.name, self.id

    def text(self, name: str) -> str | None:
        """Return a text of the row as it was sent, such as an id; None for all else."""
        value = self.row.get(name)
        return value if isinstance(value, str) else None

    def takes_back(self, name: str) -> bool:
        """Tell whether its user emptied a column."""
        return name in self.edited and not self.row[name]

    def writable(self, *kinds: Written) -> frozenset[str]:
        """Return the columns present that a phone may write so."""
        return frozenset(c.name for c in self.table.columns if c.written in kinds) & set(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What came in a body: records in no particular order, and the cursor that the phone holds."""

    records: Sequence[PushedRecord]
    last_pulled_at: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Which device pushes with which app, and how far its clock is ahead of ours."""

    device_id: str
    app_version: str
    skew: timedelta
    restore_seen: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """All that a writer may know of the push that its record came in."""

    records: Sequence[PushedRecord]
    by: Actor
    now: datetime
    skew: timedelta
    # What of these records the server has, whosever it is.
    known: Collection[tuple[str, str]] = ()
    # The customers whom the sender lately ceased to look after, and when; what was done for them
    # before may still be told. As whom the sender tells of a visit made so, while this push lasts.
    left_at: Mapping[str, datetime] = field(default_factory=dict)
    lent: dict[str, Actor] = field(default_factory=dict)
    # What the writer of the record in hand took in besides it; it goes back where that does.
    along: list[PushedRecord] = field(default_factory=list)

    def take_along(self, record: PushedRecord) -> None:
        """Take a record in together with the one in hand."""
        record.is_done = True
        self.along.append(record)

    def actor_for(self, visit_id: str) -> Actor:
        """Return as whom to write what belongs to a visit."""
        return self.lent.get(visit_id, self.by)

    def awaits(self, record: PushedRecord) -> bool:
        """Tell whether a record hangs on a new visit that stays on the phone to be mended."""
        key = VISITS, record.text("visit_id")
        waiting = (o for o in self.records if o.op is not Pushed.DELETED and not o.is_done)
        return key not in self.known and any(other.key == key for other in waiting)

    def others(self, table: str, **texts: str) -> Iterator[PushedRecord]:
        """Return the new records of a table that no writer has taken yet and that say these."""
        for record in self.records:
            if record.table.name != table or record.is_done or record.key in self.known:
                continue
            if all(record.text(name) == value for name, value in texts.items()):
                yield record


@dataclass(slots=True, kw_only=True)
class Rejection:
    """Why a record was refused, as the phone is told."""

    record: PushedRecord
    code: str
    message: str
    is_fixable: bool
    field: str | None = None
    next_allowed_at: datetime | None = None
    issue_id: str | None = None
