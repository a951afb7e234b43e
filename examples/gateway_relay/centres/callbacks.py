"""A small listener for Kannel's callbacks. It answers 200 once the journal has them on disk."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from gateway_relay.logs import warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway_relay.journal import Journal
    from gateway_relay.settings import Settings
    from gateway_relay.values import Message

# Kannel's status is a bit mask: what was found failed for having expired arrives as 34.
STATUSES = ((1, "delivered"), (16, "rejected"), (2, "undelivered"), (8, "submitted"))
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UCS2 = "2"


class Callbacks:
    """Takes what Kannel says of deliveries, and what customers write."""

    def __init__(self, settings: Settings, journal: Journal, *, heard: Callable[[], None]) -> None:
        self._journal, self._heard = journal, heard
        secret = f"/{settings.callback_secret}" if settings.callback_secret else ""
        self._takers = {f"{secret}/dlr": self._take_report, f"{secret}/mo": self._take_inbound}
        self._base = (settings.callback_url or f"http://{settings.listen}").rstrip("/") + secret
        host, _, port = settings.listen.rpartition(":")
        self._address = (host, int(port))

    def start(self) -> None:
        """Listen."""
        self._server = _Server(self._address, self.take)
        self._thread = threading.Thread(target=self._server.serve_forever, name="callbacks")
        self._thread.start()

    def stop(self) -> None:
        """Finish what came in, and listen no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def report_url(self, message: Message) -> str:
        """Return where Kannel tells of a message: it fills in the status and what the centre said.

        All of it is letters, digits, - and _, so that nothing needs escaping twice.
        """
        return f"{self._base}/dlr?id={message.id}&reference={message.reference}&status=%d&said=%A"

    def take(self, target: str) -> HTTPStatus:
        """Keep what a callback says; return the status to answer with."""
        url = urlsplit(target)
        taker = self._takers.get(url.path)
        if taker is None:
            return HTTPStatus.NOT_FOUND
        # As bytes in latin-1: only the coding, another field, says what the text's bytes mean.
        said = {k: v[0] for k, v in parse_qs(url.query, encoding="latin-1").items()}
        try:
            taker(said)
        except (KeyError, ValueError) as error:
            warn("callback_not_understood", path=url.path, error=type(error).__name__)
            return HTTPStatus.BAD_REQUEST
        self._heard()
        return HTTPStatus.OK

    def _take_report(self, said: dict[str, str]) -> None:
        mask = int(said["status"])
        status = next((name for bit, name in STATUSES if mask & bit), None)
        if status is None:
            return  # buffered: no news
        report_id = f"{said['reference']}.{mask}"
        report = {
            "report_id": report_id,
            "message_id": said["id"],
            "provider_id": said["reference"],
            "status": status,
            "raw": CONTROL.sub(" ", f"{mask} {said.get('said', '')}")[:500],
            "at": _now(),
        }
        self._journal.keep("reports", report_id, report)

    def _take_inbound(self, said: dict[str, str]) -> None:
        encoding = "utf-16-be" if said.get("coding") == UCS2 else "utf-8"
        text = said.get("text", "").encode("latin-1").decode(encoding, "replace")
        inbound = {
            "inbound_id": said["id"],
            "from": said["from"],
            "to": said["to"],
            # Some phones end a text with NUL, for which the CRM would refuse the customer's word.
            "text": text.replace("\0", "")[:2000],
            "received_at": _now(),
        }
        self._journal.keep("inbound", said["id"], inbound)


def _now() -> str:
    return datetime.now(UTC).isoformat()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # whoever was answered 200 is on disk

    def __init__(self, address: tuple[str, int], take: Callable[[str], HTTPStatus]) -> None:
        super().__init__(address, _Handler)
        self.take = take


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Take a callback."""
        self.send_response(self.server.take(self.path))
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Write nothing: the line would show numbers and texts."""
