"""What may be refused of an epoch."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class RestoredInFuture(DomainError):
    """No backup holds what has yet to happen: phones would send nothing again."""

    code = "restored_in_future"

    def __init__(self) -> None:
        super().__init__("This moment has yet to come. Name the one when the backup was begun.")


class EpochBegun(DomainError):
    """Somebody else began an epoch at the same time."""

    code = "epoch_begun"

    def __init__(self) -> None:
        super().__init__("Another run began an epoch just now. Look, and run it again if need be.")
