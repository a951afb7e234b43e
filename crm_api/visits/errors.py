"""What may be refused about a visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_api.visits.terms import Step, VisitStatus


class VisitOutOfOrder(DomainError):
    """A visit cannot take this step from where it stands."""

    code = "visit_out_of_order"

    def __init__(
        self, *, step: Step, status: VisitStatus, possible_from: Iterable[VisitStatus]
    ) -> None:
        super().__init__(
            f"The visit is {status}; this step is possible only from the statuses named.",
            step=step.value,
            visit_status=status.value,
            possible_from=[s.value for s in possible_from],
        )


class StepTakenOtherwise(DomainError):
    """The visit took this step already, with other content."""

    code = "visit_step_taken_otherwise"

    def __init__(self, *, step: Step, status: VisitStatus) -> None:
        super().__init__(
            "The visit took this step before, with other content. Read it again.",
            step=step.value,
            visit_status=status.value,
        )


class VisitNotBooked(DomainError):
    """A visit without a slot cannot be confirmed to the customer."""

    code = "visit_not_booked"

    def __init__(self) -> None:
        super().__init__("The visit holds no slot. Move it to a time that is free first.")


class NotDueYet(DomainError):
    """Nobody can miss a visit before its time."""

    code = "visit_not_due_yet"

    def __init__(self) -> None:
        super().__init__("The visit's time has not come: move or cancel it instead.")


class ObjectivesUnanswered(DomainError):
    """A visit closes only with an outcome for each objective."""

    code = "objectives_unanswered"

    def __init__(self, *, objective_ids: list[str]) -> None:
        super().__init__("Say what became of each objective.", objective_ids=objective_ids)


class NextStepMissing(DomainError):
    """A visit closes only with a next touch, or with a reason to leave the customer alone."""

    code = "next_step_missing"

    def __init__(self) -> None:
        super().__init__("Plan the next touch, or say until when and why to leave alone.")


class AlreadyDone(DomainError):
    """A promise or follow-up is settled already, with other words."""

    code = "already_done"

    def __init__(self) -> None:
        super().__init__("This is settled already, with other content.")


class TaskKept(DomainError):
    """A task that is done, that the visit's record rests on, or that is somebody else's."""

    code = "follow_up_kept"

    def __init__(self) -> None:
        super().__init__("Only a task of your own that is open, and no next touch, can be dropped.")


class FactUndone(DomainError):
    """The fact was taken back already, for another reason."""

    code = "fact_undone"

    def __init__(self) -> None:
        super().__init__("This was taken back already, for another reason.")


class FactOvertaken(DomainError):
    """The profile says something else by now: taking the fact back would undo a later one."""

    code = "fact_overtaken"

    def __init__(self, *, field: str) -> None:
        super().__init__(
            "The profile has changed since. Take back what came later first, or mend it there.",
            field=field,
        )


class NothingToShare(DomainError):
    """Nobody looked back on this visit."""

    code = "nothing_to_share"

    def __init__(self) -> None:
        super().__init__("The visit has no record that looks back: nothing can be shared.")


class NotAlong(DomainError):
    """Only who goes along checks in beside the visit's own account manager."""

    status = 403
    code = "not_along"

    def __init__(self) -> None:
        super().__init__("You are not among the colleagues named for this visit.")


class ColleagueWasThere(DomainError):
    """Whoever checked in cannot be left out afterwards."""

    code = "colleague_was_there"

    def __init__(self, *, colleague_ids: list[str]) -> None:
        super().__init__("These colleagues checked in already.", colleague_ids=colleague_ids)


class VisitClosed(DomainError):
    """A closed visit takes no more notes."""

    code = "visit_closed"

    def __init__(self) -> None:
        super().__init__("The visit is closed; what comes later belongs to the next one.")


class TooManyParts(DomainError):
    """A visit has as many objectives, or people, as anybody can look at."""

    code = "too_many_visit_parts"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"A visit takes at most {most} of these.", most=most)


class NotYourNote(DomainError):
    """Only whoever noted something takes it back."""

    status = 403
    code = "not_your_note"

    def __init__(self) -> None:
        super().__init__("Somebody else noted this: it is theirs to take back.")


class VisitDeleted(DomainError):
    """The visit was deleted on a phone: it is called off for good."""

    code = "visit_deleted"

    def __init__(self) -> None:
        super().__init__("This visit was deleted on a phone. Plan another one.")
