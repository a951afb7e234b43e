"""What may be refused of a handover."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence


class HandoverClash(DomainError):
    """Some of these customers are being handed over already."""

    code = "handover_clash"

    def __init__(self, handover_ids: Sequence[str]) -> None:
        super().__init__(
            "Other handovers hold some of these customers. Call them off, or wait until they end.",
            handover_ids=list(handover_ids),
        )


class NothingToHandOver(DomainError):
    """The giver has no customer whom the actor may give away."""

    code = "nothing_to_hand_over"

    def __init__(self) -> None:
        super().__init__("This portfolio holds no customer whom you may give away.")


class HandoverOutOfOrder(DomainError):
    """From where it stands, a handover cannot be called off, or undone."""

    code = "handover_out_of_order"

    def __init__(self, *, state: str, needs: str) -> None:
        super().__init__(
            f"This handover is {state}, and would have to be {needs}.", state=state, needs=needs
        )


class GiverGone(DomainError):
    """Who gave the customers is no account manager at work any more, and cannot have them back."""

    code = "giver_gone"

    def __init__(self) -> None:
        super().__init__("Who gave these customers cannot have them back: no longer at work.")
