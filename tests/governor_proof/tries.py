"""The smallest cap there is, one contact for a customer, and what a connection says to keep it."""

from __future__ import annotations

COUNT = "SELECT count(*) FROM tries WHERE customer_id = 'ann'"
BOOK = "INSERT INTO tries VALUES ('ann')"
SOON = 10


def one(connection, statement):
    return connection.execute(statement).fetchone()[0]
