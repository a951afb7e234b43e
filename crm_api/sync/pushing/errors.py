"""Why a push is refused as a whole, and what a record of it may be refused for besides."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class MalformedPush(DomainError):
    """No stock client sends this: nothing of it is taken."""

    status = 400
    code = "malformed_push"

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message, errors=[{"pointer": pointer, "message": message}])


class PushTooLarge(DomainError):
    """More than one transaction should carry."""

    status = 413
    code = "push_too_large"

    def __init__(self, *, most_records: int, most_bytes: int) -> None:
        super().__init__(
            "The push is too large. Send it in several.",
            most_records=most_records,
            most_bytes=most_bytes,
        )


class NotForPhones(DomainError):
    """A phone may not do this with records of this table."""

    status = 403
    code = "not_for_phones"

    def __init__(self) -> None:
        super().__init__("This cannot be done on a phone; the server's version comes back.")


class ReadOnlyColumns(DomainError):
    """Nothing that was edited is a phone's to write."""

    status = 403
    code = "read_only_columns"

    def __init__(self) -> None:
        super().__init__("What you edited is the server's alone; its version comes back.")


class VisitPending(DomainError):
    """What this hangs on stays on the phone to be mended, and this with it."""

    code = "visit_pending"

    def __init__(self) -> None:
        super().__init__("Its visit was not taken. Once that is mended, both are sent again.")


class RecordUnfinished(DomainError):
    """Something is written of a visit that the phone has not closed."""

    code = "record_unfinished"

    def __init__(self) -> None:
        super().__init__("Close the visit to send its record; what is not closed stays a draft.")
