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


class PlanOutOfReach(DomainError):
    """Care is planned for today and the weeks to come, never for the past."""

    status = 422
    code = "plan_out_of_reach"

    def __init__(self, *, furthest: str) -> None:
        super().__init__(
            f"Choose days from today up to {furthest}.",
            furthest=furthest,
        )


class TemplateNotFit(DomainError):
    """The template has faults that its readers would notice."""

    status = 422
    code = "template_not_fit"

    def __init__(self, findings: list[dict[str, str]]) -> None:
        super().__init__("Mend the findings and draft a new version.", findings=findings)


class TemplateNameTaken(DomainError):
    """Another template bears this name."""

    code = "template_name_taken"

    def __init__(self) -> None:
        super().__init__("Another template bears this name. Choose a new name.")


class TemplateRetired(DomainError):
    """The template is out of use for good."""

    code = "template_retired"

    def __init__(self) -> None:
        super().__init__("This template is out of use. Make a new one.")


class VersionEnded(DomainError):
    """The version is out of the way already."""

    code = "version_ended"

    def __init__(self, *, status: str) -> None:
        super().__init__(f"This version is {status} already.", status=status)


class NotYourTemplate(DomainError):
    """Whoever neither wrote nor submitted a version leaves it to those who did, or a manager."""

    status = 403
    code = "not_your_template"

    def __init__(self) -> None:
        super().__init__("Its author, its submitter or a manager takes it back.")


class WordForbiddenAlready(DomainError):
    """The list has this word, perhaps written otherwise."""

    code = "word_forbidden_already"

    def __init__(self, *, word: str) -> None:
        super().__init__(f"“{word}” is on the list and covers it.", word=word)
