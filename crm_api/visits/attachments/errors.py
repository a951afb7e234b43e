"""What may be refused about the files of a visit."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class TooManyAttachments(DomainError):
    """A visit has as many files as anybody can look at."""

    code = "too_many_visit_attachments"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"A visit takes at most {most} files.", most=most)
