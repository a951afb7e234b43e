"""Stock products as they call us."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from crm_api.accounts.models import Scope
from crm_api.kit import clock
from tests.care_compat import recorded
from tests.factories.accounts import make_client
from tests.support.callers import Caller

APP = "/v1/compat/smsgate"


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


class Phone(Caller):
    """A phone with the SMSGate app, let in by an administrator."""

    def __init__(self, app, administrator, *, name) -> None:
        invitation = administrator.post("/v1/smsgate-devices", json={"name": name})
        assert invitation.status_code == 201, invitation.text
        self.id = invitation.json["device_id"]
        super().__init__(app.test_client(), "")
        self.register(invitation.json["secret"])
        [webhook] = self.ask("webhooks").json
        self.webhook = webhook["url"].removeprefix("http://localhost")
        self.signing_key = self.ask("settings").json["webhooks"]["signing_key"]

    def register(self, secret):
        """Come in by a secret, and call with the key that it brings from then on."""
        reply = Caller(self.client, secret).post(f"{APP}/device", json=recorded.REGISTRATION)
        assert reply.status_code == 201, reply.text
        assert reply.json["id"] == self.id
        self.token = reply.json["token"]

    def ask(self, what, **kwargs):
        return self.get(f"{APP}/{what}", **kwargs)

    def messages(self, **query):
        reply = self.ask("message", query_string=query)
        assert reply.status_code == 200, reply.text
        return reply.json

    def ids(self, **query):
        return [message["id"] for message in self.messages(**query)]

    def tell(self, *states):
        reply = self.patch(f"{APP}/message", json=list(states))
        assert (reply.status_code, reply.data) == (204, b""), reply.text

    def hear(self, event, *, key=None, at=None, signature=None, timestamp=None):
        """Bring what was heard, signed as the app signs: the body, then the seconds since 1970."""
        body = json.dumps(event, ensure_ascii=False).encode()
        stamp = timestamp or str(int((at or clock.now()).timestamp()))
        key = (key or self.signing_key).encode()
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Timestamp": stamp,
            "X-Signature": signature
            or hmac.new(key, body + stamp.encode(), hashlib.sha256).hexdigest(),
        }
        return self.client.post(self.webhook, data=body, headers=headers)
