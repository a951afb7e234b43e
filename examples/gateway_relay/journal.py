"""What this host did, on disk before it goes on: intent before submit, result before answer.

One process owns a journal. Its threads share one connection, and every change is a transaction
of its own that is synced to disk when the method returns.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from gateway_relay.values import Answer, Outcome, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gateway_relay.values import Message

Kind = Literal["inbound", "reports"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (
    reference TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    token TEXT NOT NULL,
    state TEXT NOT NULL,
    provider_id TEXT,
    error TEXT NOT NULL DEFAULT '',
    retry_after INTEGER,
    is_told INTEGER NOT NULL DEFAULT 0,
    changed_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS untold ON attempts (reference)
    WHERE is_told = 0 AND state NOT IN ('asked', 'intended');
CREATE INDEX IF NOT EXISTS changes ON attempts (changed_at);
CREATE TABLE IF NOT EXISTS parts (
    provider_id TEXT PRIMARY KEY,
    reference TEXT NOT NULL,
    part INTEGER NOT NULL,
    parts INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS parts_of ON parts (reference);
CREATE TABLE IF NOT EXISTS news (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
"""

# What the last life of this process left open: what may have left is a doubt, the rest is not.
TAKE_STOCK = """
UPDATE attempts SET state = CASE state WHEN 'intended' THEN 'unknown' ELSE 'not_submitted' END
WHERE state IN ('asked', 'intended')
"""
# Another lease of an attempt that never began starts it anew. What was submitted stays so, even
# if the CRM has forgotten it.
ASK = """
INSERT INTO attempts (reference, message_id, token, state, changed_at) VALUES (?, ?, ?, 'asked', ?)
ON CONFLICT (reference) DO UPDATE SET token = excluded.token, is_told = 0, state = 'asked'
WHERE state IN ('asked', 'not_submitted')
"""
# Of what this journal does not know, it was lost or changed for another: that is a doubt.
# What was only asked is given back, and thereby can no longer be intended. What is being
# submitted this very moment is answered by whoever does that, with the new token.
RECALL = """
INSERT INTO attempts (reference, message_id, token, state, changed_at)
VALUES (?, ?, ?, 'unknown', ?)
ON CONFLICT (reference) DO UPDATE SET token = excluded.token, is_told = 0,
    state = CASE state WHEN 'asked' THEN 'not_submitted' ELSE state END
"""
UNTOLD = """
SELECT reference, message_id, token, state, provider_id, error, retry_after FROM attempts
WHERE is_told = 0 AND state NOT IN ('asked', 'intended') ORDER BY reference LIMIT ?
"""
PRUNE = "DELETE FROM attempts WHERE is_told = 1 AND changed_at < ?"
PRUNE_PARTS = "DELETE FROM parts WHERE reference NOT IN (SELECT reference FROM attempts)"


class InUse(Exception):
    """Another relay has this journal. Two with one journal would know only half each."""


class Journal:
    """The journal of one host."""

    def __init__(self, path: Path) -> None:
        self._held = path.with_name(path.name + ".lock").open("a")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise InUse(f"{path} is in use by another relay") from None
        self._turn = threading.Lock()
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.executescript(SCHEMA)
        self._rows.execute(TAKE_STOCK)

    def close(self) -> None:
        """Let the next relay have it."""
        self._rows.close()
        self._held.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield self._rows
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def _read(self, statement: str, *values: Any) -> list[Any]:
        with self._turn:
            return self._rows.execute(statement, values).fetchall()

    def ask(self, messages: Iterable[Message]) -> None:
        """Note messages for which begin will be asked."""
        rows = [(m.reference, m.id, m.token, time.time()) for m in messages]
        with self._change() as change:
            change.executemany(ASK, rows)

    def intend(self, message: Message) -> bool:
        """Note that a message is about to be submitted, unless it was given back meanwhile."""
        with self._change() as change:
            intended = change.execute(
                "UPDATE attempts SET state = 'intended', changed_at = ?"
                " WHERE reference = ? AND token = ? AND state = 'asked'",
                (time.time(), message.reference, message.token),
            )
        return intended.rowcount == 1

    def conclude(self, reference: str, outcome: Outcome) -> None:
        """Note what came of submitting."""
        with self._change() as change:
            change.execute(
                "UPDATE attempts SET state = ?, provider_id = ?, error = ?, retry_after = ?,"
                " changed_at = ? WHERE reference = ? AND state = 'intended'",
                (
                    *(outcome.state, outcome.provider_id, outcome.error, outcome.retry_after),
                    *(time.time(), reference),
                ),
            )

    def take_back(self, reference: str) -> None:
        """Note that nothing of an intended message has left this host after all."""
        self.conclude(reference, Outcome(state=State.NOT_SUBMITTED))

    def give_back(self, messages: Iterable[Message]) -> None:
        """Note that these will not be submitted. From now on they cannot be."""
        rows = [(time.time(), m.reference, m.token) for m in messages]
        with self._change() as change:
            change.executemany(
                "UPDATE attempts SET state = 'not_submitted', changed_at = ?"
                " WHERE reference = ? AND token = ? AND state = 'asked'",
                rows,
            )

    def forget(self, messages: Iterable[Message]) -> None:
        """Note that begin was refused to these: there is nothing to answer."""
        rows = [(time.time(), m.reference, m.token) for m in messages]
        with self._change() as change:
            change.executemany(
                "UPDATE attempts SET state = 'not_submitted', is_told = 1, changed_at = ?"
                " WHERE reference = ? AND token = ? AND state = 'asked'",
                rows,
            )

    def recall(self, messages: Iterable[Message]) -> None:
        """Find the answers that the CRM asks for, to be told once more."""
        rows = [(m.reference, m.id, m.token, time.time()) for m in messages]
        with self._change() as change:
            change.executemany(RECALL, rows)

    def untold(self, most: int) -> list[Answer]:
        """Return outcomes that the CRM has yet to hear."""
        return [
            Answer(
                reference=reference,
                message_id=message_id,
                token=token,
                outcome=Outcome(
                    state=State(state),
                    provider_id=provider_id,
                    error=error,
                    retry_after=retry_after,
                ),
            )
            for reference, message_id, token, state, provider_id, error, retry_after in self._read(
                UNTOLD, most
            )
        ]

    def note_told(self, answers: Iterable[Answer]) -> None:
        """Note that the CRM heard these; one that it asked for again meanwhile is told again."""
        rows = [(answer.reference, answer.token) for answer in answers]
        with self._change() as change:
            change.executemany(
                "UPDATE attempts SET is_told = 1 WHERE reference = ? AND token = ?", rows
            )

    def note_part(self, provider_id: str, *, reference: str, part: int, parts: int) -> None:
        """Note under which id the message centre took a part of a message."""
        with self._change() as change:
            change.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)",
                (provider_id, reference, part, parts),
            )

    def find_part(self, provider_id: str) -> tuple[str, int, int] | None:
        """Return the message, the part and the number of parts that an id stands for."""
        found = self._read(
            "SELECT message_id, part, parts FROM parts JOIN attempts USING (reference)"
            " WHERE parts.provider_id = ?",
            provider_id,
        )
        return found[0] if found else None

    def keep(self, kind: Kind, key: str, body: dict[str, Any]) -> None:
        """Keep a report or a customer's message until the CRM said that it has it."""
        with self._change() as change:
            change.execute(
                "INSERT OR IGNORE INTO news (kind, id, body) VALUES (?, ?, ?)",
                (kind, key, json.dumps(body)),
            )

    def news(self, kind: Kind, most: int) -> list[tuple[str, dict[str, Any]]]:
        """Return the oldest that is kept for the CRM, with its ids."""
        found = self._read(
            "SELECT id, body FROM news WHERE kind = ? ORDER BY number LIMIT ?", kind, most
        )
        return [(key, json.loads(body)) for key, body in found]

    def drop(self, kind: Kind, keys: Sequence[str]) -> None:
        """Drop what the CRM has."""
        with self._change() as change:
            change.executemany(
                "DELETE FROM news WHERE kind = ? AND id = ?", [(kind, key) for key in keys]
            )

    def prune(self, *, days: int) -> int:
        """Drop attempts that were answered long ago; return how many."""
        before = time.time() - days * 86_400
        with self._change() as change:
            pruned = change.execute(PRUNE, (before,))
            change.execute(PRUNE_PARTS)
        return pruned.rowcount
