"""What the contact history may refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError, Invalid

if TYPE_CHECKING:
    from datetime import datetime


class NotYetHappened(Invalid):
    """A contact of the future is a plan, not history."""

    def __init__(self, *, latest: datetime) -> None:
        super().__init__(
            "/occurred_at",
            f"A contact that has not happened cannot be recorded. Give a moment up to "
            f"{latest.isoformat()}, or plan it instead.",
        )


class NotAsReserved(Invalid):
    """The reservation was made for another kind of contact."""

    def __init__(self, name: str, *, reserved: str) -> None:
        super().__init__(
            f"/{name}",
            f"The reservation is for {reserved!r}. Log what was reserved, or leave out "
            "reservation_id and give the reservation back.",
        )


class ReservationLogged(DomainError):
    """One reservation, one contact."""

    code = "reservation_logged"

    def __init__(self, *, contact_id: str) -> None:
        super().__init__(
            "Another contact made use of this reservation. Log yours without it.",
            contact_id=contact_id,
        )


class NoLongerStands(DomainError):
    """The entry was corrected or withdrawn already; a further correction refers to the newest."""

    code = "entry_no_longer_stands"

    def __init__(self, *, by_entry_id: str) -> None:
        super().__init__(
            "A later entry replaced this one. Read that entry and refer to it.",
            by_entry_id=by_entry_id,
        )


class NothingCorrected(Invalid):
    """A correction must differ from what it corrects."""

    def __init__(self) -> None:
        super().__init__("/", "Give at least one field that differs from the entry as it stands.")


class WithdrawalPending(DomainError):
    """Somebody asked already; a manager has yet to decide."""

    code = "withdrawal_pending"

    def __init__(self, *, withdrawal_id: str) -> None:
        super().__init__(
            "The withdrawal of this entry waits for a manager's decision.",
            withdrawal_id=withdrawal_id,
        )


class AlreadyDecided(DomainError):
    """A decision is made once."""

    code = "withdrawal_already_decided"

    def __init__(self, *, status: str) -> None:
        super().__init__("This request was decided already.", decided_as=status)


class SecondPersonNeeded(DomainError):
    """Nobody approves a withdrawal of their own asking."""

    status = 403
    code = "second_person_needed"

    def __init__(self) -> None:
        super().__init__("You asked for this withdrawal yourself: another manager must decide.")
