"""A CRM that says what a test wants it to, and notes what it is asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def _all_well(name, body):
    if name == "leases":
        return {"leased": [], "recover": [], "next_poll_ms": 10, "server_time": ""}
    if name == "begins":
        return {"messages": [_said(m["id"], "submitting") for m in body["messages"]]}
    if name == "acks":
        return {"acks": [_said(a["id"], a["result"]) for a in body["acks"]]}
    return {}


def _said(key, state):
    return {"id": key, "state": state, "code": None}


class ScriptedCrm:
    """Answers in order what was put in for a call, and afterwards that all is well."""

    def __init__(self):
        self.calls: list[tuple[str, dict]] = []
        self._scripts: dict[str, list] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.crm = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def hand_out(self, *leased, recover=()):
        hand = {"leased": list(leased), "recover": list(recover)}
        self.say("leases", {**hand, "next_poll_ms": 0, "server_time": ""})

    def say(self, name, *answers):
        """Put in answers: documents, functions of the body, or (status, headers)."""
        self._scripts.setdefault(name, []).extend(answers)

    def told(self, name):
        return [body for called, body in self.calls if called == name]

    def answers_of(self, key):
        """Return what was said of a message, in order."""
        return [a["result"] for body in self.told("acks") for a in body["acks"] if a["id"] == key]

    def answer(self, name, body):
        self.calls.append((name, body))
        script = self._scripts.get(name)
        said = script.pop(0) if script else _all_well(name, body)
        said = said(body) if callable(said) else said
        return said if isinstance(said, tuple) else (200, {}, said)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.path.removeprefix("/v1/gateway/")
        status, headers, *documents = self.server.crm.answer(name, body)
        content = json.dumps(documents[0]).encode() if documents else b""
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""
