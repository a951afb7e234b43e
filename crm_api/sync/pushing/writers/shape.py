"""What a writer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crm_api.kit.errors import DomainError
    from crm_api.sync.pushing.values import Push, PushedRecord

    Take = Callable[[PushedRecord, Push], DomainError | None]
    ReadAhead = Callable[[Sequence[PushedRecord], Push], None]

# Said where the user left out words that the online call asks for: what was done is not lost.
UNSAID: Final = "Not stated."


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Takes what a phone did with a table's records to the service that the online call uses.

    Called within a savepoint, with every subject of the push locked. `record.changed` names what is
    to be written: all that a phone may write of a new record, else what its user edited. What is
    None, a phone may not do. To refuse, it raises, and nothing of the record is kept; where a part
    of it stands all the same, it returns what it refused. `refuses` says what, for the documents.
    Where there is `read_ahead`, many records are written in a run, see `kit.runs`, after it read
    what they all need; where one of them is refused, each is written by itself.
    `finish` is called for a record that was taken once all others of the push are.
    """

    create: Take | None = None
    change: Take | None = None
    delete: Take | None = None
    finish: Take | None = None
    read_ahead: ReadAhead | None = None
    refuses: tuple[type[DomainError], ...] = ()
