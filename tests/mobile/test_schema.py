"""The example client knows the tables as the server declares them."""

from __future__ import annotations

from tests.mobile import schema


def test_the_client_knows_the_tables_that_sync():
    mended = "python -m tests.mobile.schema"

    assert schema.SCHEMA.read_text(encoding="utf-8") == schema.told(), f"write it anew: {mended}"
