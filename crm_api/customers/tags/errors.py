"""What is refused about tags."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class TagKnown(DomainError):
    """The team has this word already."""

    code = "tag_known"

    def __init__(self) -> None:
        super().__init__("The team has a tag of this name already. Use that one.")


class TagInUse(DomainError):
    """Customers bear the tag, or a segment asks for it."""

    code = "tag_in_use"

    def __init__(self) -> None:
        super().__init__(
            "Customers bear this tag, or a segment names it. Take it from them first, by a bulk "
            "edit where they are many."
        )


class TooManyTags(DomainError):
    """More words than say anything of a customer."""

    code = "too_many_tags"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"A customer bears {most} tags at the most.", most=most)
