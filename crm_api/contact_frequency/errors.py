"""What the governor refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.contact_frequency.terms import OverrideState
from crm_api.kit.errors import DomainError
from crm_api.kit.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from crm_api.contact_frequency.values import Decision


class ContactBlocked(DomainError):
    """The policies in force do not allow this contact at this moment."""

    code = "contact_blocked"

    def __init__(self, decision: Decision, *, remember: Callable[[], None] | None = None) -> None:
        self.decision = decision
        decision.id = decision.id or new_id()
        trace = decision.document
        super().__init__(
            "This contact is not allowed at that moment; `decision` says why, "
            "and `next_allowed_at` when it is.",
            remember=remember,
            decision_id=decision.id,
            decision=trace,
            next_allowed_at=trace["next_allowed_at"],
        )


class DayPassed(DomainError):
    """Nothing can be placed in a day that is over."""

    status = 422
    code = "day_passed"

    def __init__(self, *, on: date, today: date) -> None:
        super().__init__("That day is over: ask for today or later.", on=on, today=today)


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


class NotRefused(DomainError):
    """Only what the governor refused can be overridden."""

    code = "not_refused"

    def __init__(self) -> None:
        super().__init__("This decision refused no plan: there is nothing to override.")


class CannotBeOverridden(DomainError):
    """Something stands in the way that nobody may set aside."""

    code = "cannot_be_overridden"

    def __init__(self, *, reasons: Iterable[str]) -> None:
        super().__init__(
            "Nobody may override all that forbids this contact. Choose another moment.",
            reasons=sorted(reasons),
        )


class OverrideOpen(DomainError):
    """The same contact has an override that is open."""

    code = "override_open"

    def __init__(self, *, override_id: str) -> None:
        super().__init__(
            "An override of this contact is asked for or approved already.",
            override_id=override_id,
        )


_STANDS = {
    OverrideState.ASKED: "waits for its approval",
    OverrideState.APPROVED: "is approved already",
    OverrideState.DECLINED: "was declined",
    OverrideState.CANCELLED: "was taken back",
    OverrideState.USED: "was used, which it can be once",
}


class OverrideSettled(DomainError):
    """The override's life has gone on: this change is no longer possible."""

    code = "override_settled"

    def __init__(self, *, state: OverrideState, wanted: OverrideState) -> None:
        super().__init__(
            f"This override {_STANDS[state]}: it cannot be {wanted}.",
            state=state,
            wanted=wanted,
        )


class OverrideLapsed(DomainError):
    """The override's time, or its contact's moment, is over."""

    code = "override_lapsed"

    def __init__(self, *, lapsed_at: datetime) -> None:
        super().__init__("This override has lapsed. Ask for a new one.", lapsed_at=lapsed_at)


class OverrideUnvouched(DomainError):
    """Who approved the override has left, or lost the role that it takes."""

    code = "override_unvouched"

    def __init__(self) -> None:
        super().__init__(
            "Who approved this override has left or may not approve it any more. Take it back and"
            " ask anew."
        )


class OverrideDoesNotFit(DomainError):
    """An override binds one contact, and this is another."""

    code = "override_does_not_fit"

    def __init__(self, *, differs: Iterable[str]) -> None:
        super().__init__(
            "This override was approved for another contact; `differs` says in what.",
            differs=sorted(differs),
        )


# What anybody may hear who names an override.
OVERRIDE_UNUSABLE = (OverrideDoesNotFit, OverrideSettled, OverrideLapsed, OverrideUnvouched)


class OwnOverride(DomainError):
    """Nobody approves what they asked for."""

    status = 403
    code = "own_override"

    def __init__(self) -> None:
        super().__init__("Somebody else must decide on what you asked for.")


class OverrideNeedsRole(DomainError):
    """The policies leave this override to other roles."""

    status = 403
    code = "override_needs_role"

    def __init__(self, *, roles: Iterable[str]) -> None:
        super().__init__(
            "The policies that are broken leave this to other roles.", roles=list(roles)
        )


class NotYourOverride(DomainError):
    """Only who asked for it, or approved it, may take an override back."""

    status = 403
    code = "not_your_override"

    def __init__(self) -> None:
        super().__init__("Only who asked for this override or approved it may take it back.")


class OverrideQuotaSpent(DomainError):
    """Exceptions that are approved every day are none."""

    code = "override_quota_spent"

    def __init__(self, *, per_week: int, frees_at: datetime) -> None:
        super().__init__(
            f"You approved {per_week} overrides in 7 days, which is as many as one may.",
            per_week=per_week,
            frees_at=frees_at,
        )


class AlertAcknowledged(DomainError):
    """Somebody answers for this alert already."""

    code = "alert_acknowledged"

    def __init__(self) -> None:
        super().__init__("This alert was acknowledged already, in other words.")
