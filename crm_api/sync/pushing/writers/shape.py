"""What a writer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.kit.errors import DomainError
    from crm_api.sync.pushing.values import Push, PushedRecord

    Take = Callable[[PushedRecord, Push], None]

# Said where the user left out words that the online call asks for: what was done is not lost.
UNSAID: Final = "Not stated."


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Takes what a phone did with a table's records to the service that the online call uses.

    Called within a savepoint, with every subject of the push locked. `record.changed` names what is
    to be written: all that a phone may write of a new record, else what its user edited. What is
    None, a phone may not do. To refuse, it raises; `refuses` says what, for the documents.
    """

    create: Take | None = None
    change: Take | None = None
    delete: Take | None = None
    refuses: tuple[type[DomainError], ...] = ()
