"""The baselines of the HTTP paths: Flask as it comes, a little JSON, and plain SQL."""

from __future__ import annotations

import os
import threading

import psycopg
from flask import Flask, Response, jsonify

app = Flask(__name__)
kept = threading.local()

NEWEST = "SELECT seq FROM sync_feeds WHERE subscriber_id = %s"
RECORDS = {
    "customers": "SELECT * FROM customers",
    "profiles": "SELECT * FROM extended_profiles",
    "anniversaries": "SELECT * FROM anniversaries",
    "contacts": "SELECT * FROM contacts JOIN contact_texts ON contact_id = id",
    "promises": "SELECT * FROM promises",
}
CHANGED = """
WITH changed AS MATERIALIZED (
  SELECT table_name, record_id FROM sync_feed_rows
  WHERE subscriber_id = %s AND seq > %s ORDER BY seq LIMIT 100
)
"""
CHANGES = CHANGED + " UNION ALL ".join(
    f"""
    SELECT '{name}', coalesce(json_agg(t)::text, '[]')
    FROM changed JOIN ({records}) t ON t.id = record_id WHERE table_name = '{name}'
    """
    for name, records in RECORDS.items()
)


@app.route("/", methods=["GET", "POST"])
def answer() -> Response:
    """Answer at once."""
    return jsonify(status="alive", name="bare", items=[1, 2, 3])


@app.route("/newest/<whose>")
def newest(whose: str) -> Response:
    """Ask PostgreSQL the least that an idle pull asks, of whoever it is."""
    [seq] = _connection().execute(NEWEST, [whose]).fetchone() or [0]
    return jsonify(timestamp=seq, changes={})


@app.route("/changes/<whose>/<int:since>")
def changes(whose: str, since: int) -> Response:
    """Give the records that changed as PostgreSQL writes them, to whoever asks."""
    rows = _connection().execute(CHANGES, [whose, since]).fetchall()
    tables = ",".join(f'"{name}":{records}' for name, records in rows)
    return Response(f'{{"timestamp":{since},"changes":{{{tables}}}}}', mimetype="application/json")


def _connection() -> psycopg.Connection[tuple[object, ...]]:
    """Return this thread's own: nothing is cheaper."""
    if not hasattr(kept, "connection"):
        kept.connection = psycopg.connect(os.environ["BARE_DSN"], autocommit=True)
    connection: psycopg.Connection[tuple[object, ...]] = kept.connection
    return connection
