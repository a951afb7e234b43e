"""What care may refuse."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class MessageMovedOn(DomainError):
    """The message is past the point at which this could still happen to it."""

    code = "message_moved_on"

    def __init__(self, *, state: str, wanted: str) -> None:
        super().__init__(
            f"The message is {state} and can no longer become {wanted}.",
            state=state,
            wanted=wanted,
        )


class NotADraft(DomainError):
    """Only a draft can be offered for approval or changed."""

    code = "not_a_draft"

    def __init__(self, *, status: str) -> None:
        super().__init__(f"This version is {status}. Draft a new version.", status=status)


class NotAwaitingApproval(DomainError):
    """Only what was submitted can be approved."""

    code = "not_awaiting_approval"

    def __init__(self, *, status: str) -> None:
        super().__init__(f"This version is {status}, not submitted.", status=status)


class OwnTemplate(DomainError):
    """Whoever wrote or submitted a template cannot be the second person."""

    status = 403
    code = "own_template"

    def __init__(self) -> None:
        super().__init__("A second person must approve what you wrote or submitted.")
