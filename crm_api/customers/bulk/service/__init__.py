"""What may be done with many customers."""

from crm_api.customers.bulk.service.accepting import (
    accept_edit,
    accept_export,
    cancel_job,
    get_progress,
)
from crm_api.customers.bulk.service.files import open_file, purge_exports
from crm_api.customers.bulk.service.working import finish_jobs, work_chunk

__all__ = [
    "accept_edit",
    "accept_export",
    "cancel_job",
    "finish_jobs",
    "get_progress",
    "open_file",
    "purge_exports",
    "work_chunk",
]
