"""What the example client must know of the tables that sync: `python -m tests.mobile.schema`."""

from __future__ import annotations

import json
from pathlib import Path

from crm_api.sync.tables import SCHEMA_VERSION, TABLES, Column, SyncTable

CLIENT = Path(__file__).resolve().parents[2] / "examples" / "mobile_client"
SCHEMA = CLIENT / "schema.json"


def told() -> str:
    """Return the content of the client's schema.json."""
    tables = ",\n".join(_table(table) for table in TABLES.values())
    return f'{{\n"version": {SCHEMA_VERSION},\n"tables": [\n{tables}\n]\n}}\n'


def _table(table: SyncTable) -> str:
    columns = ",\n    ".join(json.dumps(_column(column)) for column in table.columns)
    return f'{{"name": "{table.name}", "columns": [\n    {columns}\n]}}'


def _column(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "kind": column.kind.value,
        "is_optional": column.is_optional,
    }


if __name__ == "__main__":
    SCHEMA.write_text(told())
