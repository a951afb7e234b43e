"""What may be refused about the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_api.kit.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crm_api.preparation.library.terms import VersionStatus


class EntryNameTaken(DomainError):
    """Two entries of one name would be mistaken for each other."""

    code = "library_name_taken"

    def __init__(self, *, entry_id: str) -> None:
        super().__init__("Another entry has this name.", entry_id=entry_id)


class EntryRetired(DomainError):
    """What is out of use takes no new words."""

    code = "library_entry_retired"

    def __init__(self) -> None:
        super().__init__("This entry is out of use for good. Propose a new one.")


class NotProposed(DomainError):
    """Only what is proposed can be approved, rejected or taken back."""

    code = "library_version_settled"

    def __init__(self, *, status: VersionStatus) -> None:
        super().__init__(f"These words are {status} already.", version_status=status.value)


class OwnProposal(DomainError):
    """Nobody approves the own words."""

    status = 403
    code = "own_library_proposal"

    def __init__(self) -> None:
        super().__init__("You proposed these words. Somebody else approves them.")


class NotYourProposal(DomainError):
    """A proposal is taken back by whoever made it, or by a manager."""

    status = 403
    code = "not_your_library_proposal"

    def __init__(self) -> None:
        super().__init__("A colleague proposed these words.")


class SaysForbiddenWords(DomainError):
    """What nobody may write to a customer, nobody should say."""

    status = 422
    code = "library_forbidden_words"

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__("Take out the words that are on the list.", words=list(words))
