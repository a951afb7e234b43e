"""What the governor refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_api.contact_frequency.values import Decision


class ContactBlocked(DomainError):
    """The policies in force do not allow this contact at this moment."""

    code = "contact_blocked"

    def __init__(self, decision: Decision, *, remember: Callable[[], None] | None = None) -> None:
        self.decision = decision
        trace = decision.document
        super().__init__(
            "This contact is not allowed at that moment; `decision` says why, "
            "and `next_allowed_at` when it is.",
            remember=remember,
            decision=trace,
            next_allowed_at=trace["next_allowed_at"],
        )


class SlotSettled(DomainError):
    """The slot's life has gone on: this change is no longer possible."""

    code = "slot_settled"

    def __init__(self, *, state: str, wanted: str) -> None:
        super().__init__(
            f"This slot is {state} and cannot become {wanted}. Read it again.",
            state=state,
            wanted=wanted,
        )


class SourceReserved(DomainError):
    """The same source holds a reservation for something else."""

    code = "source_reserved"

    def __init__(self, *, slot_id: str) -> None:
        super().__init__(
            "There is a reservation for this already, with other content. Move or release it.",
            slot_id=slot_id,
        )


class FactInFuture(DomainError):
    """Something cannot have happened later than now."""

    status = 422
    code = "fact_in_future"

    def __init__(self) -> None:
        super().__init__(
            "A contact cannot have happened in the future.",
            errors=[{"pointer": "/occurred_at", "message": "Give a moment that has passed."}],
        )


class PolicyLoosensTooMuch(DomainError):
    """The broader policy does not allow its scope to be loosened so far."""

    code = "policy_loosens_too_much"


class PolicyExists(DomainError):
    """A policy of this key exists: add a version to it."""

    code = "policy_exists"

    def __init__(self, *, key: str) -> None:
        super().__init__("A policy of this key exists. Add a version to it.", key=key)


class EffectiveInPast(DomainError):
    """What was judged yesterday was judged by yesterday's policies."""

    status = 422
    code = "effective_in_past"

    def __init__(self) -> None:
        super().__init__(
            "A version cannot take effect in the past.",
            errors=[{"pointer": "/effective_from", "message": "Give now or a later moment."}],
        )


class HoldLifted(DomainError):
    """The hold was lifted before, for another reason."""

    code = "hold_lifted"

    def __init__(self) -> None:
        super().__init__("This hold was lifted already.")


class NotYourHold(DomainError):
    """This hold is not the actor's to place or to lift."""

    status = 403
    code = "not_your_hold"

    def __init__(self) -> None:
        super().__init__(
            "A region's hold is its manager's to place and lift; a complaint's ends with it."
        )
