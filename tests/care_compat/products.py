"""Stock products as they call us."""

from __future__ import annotations

import re

from crm_api.accounts.models import Scope
from tests.factories.accounts import make_client


class Kannel:
    """A Kannel with its key in the path of its settings."""

    def __init__(self, app) -> None:
        self.identity, self.key = make_client(Scope.GATEWAY)
        self.client = app.test_client()

    @property
    def id(self) -> str:
        return self.identity.id

    def ask(self, what, *, method="GET", **query):
        path = f"/v1/compat/kannel/{self.key}/{what}"
        return self.client.open(path, method=method, query_string=query)

    def next(self):
        """Take a message: its id and the answer, or None."""
        reply = self.ask("next")
        assert reply.status_code == 200, reply.text
        assert reply.content_type == "text/plain; charset=utf-8"
        if not reply.data:
            return None
        [message_id] = re.findall(r"[?&]id=([^&]+)", reply.headers["X-Kannel-DLR-Url"])
        return message_id, reply

    def report(self, message_id, mask):
        reply = self.ask("dlr", id=message_id, s=mask)
        assert (reply.status_code, reply.data) == (200, b""), reply.text

    def bring(self, text, *, number, inbound_id="i1"):
        reply = self.ask("mo", **{"from": number, "to": "10690000", "text": text, "id": inbound_id})
        assert (reply.status_code, reply.data) == (200, b""), reply.text
