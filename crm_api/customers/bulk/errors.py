"""What is refused about work on many customers."""

from __future__ import annotations

from crm_api.kit.errors import DomainError


class TooManyCustomers(DomainError):
    """More than one job takes."""

    status = 422
    code = "too_many_customers"

    def __init__(self, *, most: int) -> None:
        super().__init__(f"One job takes {most} customers at the most. Narrow it.", most=most)


class NeedsLeader(DomainError):
    """What only who leads a team may do with many."""

    status = 403
    code = "needs_leader"

    def __init__(self) -> None:
        super().__init__("Only managers and administrators set tiers.")


class NeedsAdmin(DomainError):
    """Numbers in full leave the house by an administrator's word only."""

    status = 403
    code = "needs_admin"

    def __init__(self) -> None:
        super().__init__("Only administrators may export names and numbers in full.")


class JobOver(DomainError):
    """There is nothing left to cancel."""

    code = "bulk_job_over"

    def __init__(self) -> None:
        super().__init__("All of it is done. What shall be undone takes another edit.")


class ExportNotReady(DomainError):
    """The file is being written, or never will be."""

    code = "export_not_ready"

    def __init__(self, *, job_status: str) -> None:
        super().__init__("The file is not written to its end.", job_status=job_status)


class ExportGone(DomainError):
    """The file was kept for as long as exports are."""

    status = 410
    code = "export_gone"

    def __init__(self) -> None:
        super().__init__("This export is no longer kept. Ask for a new one.")
