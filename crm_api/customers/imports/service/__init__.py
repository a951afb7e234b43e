"""What may be done with imports."""

from crm_api.customers.imports.service.receiving import accept_import, name_importer, receive_import
from crm_api.customers.imports.service.splitting import (
    copy_file,
    fail_import,
    finish_splitting,
    keep_chunk,
)
from crm_api.customers.imports.service.telling import (
    fetch_imports,
    get_progress,
    open_rejects,
    write_reject_rows,
    write_rejects,
)
from crm_api.customers.imports.service.working import finish_imports, rehearse_rows, work_chunk

__all__ = [
    "accept_import",
    "copy_file",
    "fail_import",
    "fetch_imports",
    "finish_imports",
    "finish_splitting",
    "get_progress",
    "keep_chunk",
    "name_importer",
    "open_rejects",
    "receive_import",
    "rehearse_rows",
    "work_chunk",
    "write_reject_rows",
    "write_rejects",
]
