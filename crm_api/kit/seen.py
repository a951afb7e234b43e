"""A set of texts on disk: a million of them take no memory."""

from __future__ import annotations

import sqlite3


class Seen:
    """Texts that were seen. They are gone with the process."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # "" is a temporary file
        self._rows.execute("PRAGMA journal_mode=OFF")
        self._rows.execute("CREATE TABLE seen (text TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, text: str) -> None:
        """Take note of a text."""
        self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?)", (text,))

    def __contains__(self, text: str) -> bool:
        """Tell whether a text was seen."""
        found = self._rows.execute("SELECT 1 FROM seen WHERE text = ?", (text,))
        return found.fetchone() is not None
