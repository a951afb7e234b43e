"""The words of work on many customers."""

from enum import StrEnum


class JobKind(StrEnum):
    """What is done with the customers."""

    EDIT = "edit"
    EXPORT = "export"


class JobStatus(StrEnum):
    """How a job stands."""

    WORKING = "working"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class EditKind(StrEnum):
    """What an edit changes. Whose a customer is, a transfer changes."""

    TIER = "tier"
    STATUS = "status"
    ADD_TAGS = "add_tags"
    REMOVE_TAGS = "remove_tags"
    WISH = "wish"
    PLAN = "plan"


class RowOutcome(StrEnum):
    """What became of one customer's row."""

    WAITING = "waiting"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    WRITTEN = "written"


class FileFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    XLSX = "xlsx"
