"""How the domain says no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable


class DomainError(Exception):
    """A refusal that the caller can understand and mend.

    `code` is part of the API and never changes; the sentence may. `details` become members of the
    problem document. `remember` is what must be stored of the refusal although the request is
    rolled back; the edge calls it in a second transaction.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str]

    def __init__(
        self, detail: str, *, remember: Callable[[], None] | None = None, **details: Any
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.details = details
        self.remember = remember


class NotFound(DomainError):
    """No such record, or none that the caller may see: the two look alike on purpose."""

    status = 404
    code = "not_found"

    def __init__(self, kind: str = "record") -> None:
        super().__init__(f"There is no such {kind}, or you may not see it.", kind=kind)


class MovedOn:
    """Of a refusal: the record became part of another one, which the caller may see.

    Where a path names it and nothing is changed, the edge sends the caller there.
    """

    from_id: str
    to_id: str


class Invalid(DomainError):
    """The content is well-formed JSON and yet cannot be right.

    `errors` are `{"pointer": "/path", "message": "what to mend"}`.
    """

    status = 422
    code = "invalid"

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message, errors=[{"pointer": pointer, "message": message}])


class IdTaken(DomainError):
    """The id that the client brought belongs to another record."""

    code = "id_taken"

    def __init__(self) -> None:
        super().__init__("This id is taken by a record with other content. Choose a new id.")


class StaleVersion(DomainError):
    """The record changed since the caller read it."""

    status = 412
    code = "stale_version"

    def __init__(self, *, current_version: int, differs: list[str]) -> None:
        super().__init__(
            "The record changed since you read it. Read it again and repeat your change.",
            current_version=current_version,
            differs=differs,
        )


class VersionRequired(DomainError):
    """An update must say which version it changes."""

    status = 428
    code = "version_required"

    def __init__(self) -> None:
        super().__init__("Send the ETag that you read as If-Match.")


class Busy(DomainError):
    """Somebody holds the record for longer than anybody should wait, or the database is away."""

    status = 503
    code = "busy"

    def __init__(self) -> None:
        super().__init__(
            "The database cannot answer now. Repeat the request with the same Idempotency-Key.",
            retry_after=1,
        )
