"""What an import refuses."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class FileRefused(DomainError):
    """The file as a whole cannot be read, or would do harm."""

    status = 422
    code = "import_file_refused"


class NotAnImporter(DomainError):
    """Only managers and administrators bring customers in."""

    status = 403
    code = "not_an_importer"

    def __init__(self) -> None:
        super().__init__("Only an active manager or administrator may import customers.")
