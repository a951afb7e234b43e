"""The tables that sync, those that others refer to first."""

from __future__ import annotations

from typing import Final

from crm_api.sync.tables import agreements, care, contacts, customers, issues, visits
from crm_api.sync.tables.shape import Column, Kind, SyncTable, Written

__all__ = ["SCHEMA_VERSION", "TABLES", "Column", "Kind", "SyncTable", "Written"]

SCHEMA_VERSION: Final = 1
TABLES: Final[dict[str, SyncTable]] = {
    table.name: table
    for module in (customers, contacts, visits, agreements, care, issues)
    for table in module.TABLES
}
