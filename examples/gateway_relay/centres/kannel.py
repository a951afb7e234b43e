"""Kannel: messages by `sendsms`, its delivery reports and inbound messages by callback."""

from __future__ import annotations

import contextlib
import http.client
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from gateway_relay.centres import CentreAway, CentreRefusesUs
from gateway_relay.centres.callbacks import Callbacks
from gateway_relay.values import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway_relay.journal import Journal
    from gateway_relay.settings import Settings
    from gateway_relay.values import Message

DELIVERED, FAILED, ACCEPTED, REJECTED = 1, 2, 8, 16
WANTED_REPORTS = DELIVERED | FAILED | ACCEPTED | REJECTED
CODINGS = {"gsm7": 0, "ucs2": 2}


class Kannel:
    """One Kannel, beside us or on a host that we trust."""

    def __init__(self, settings: Settings, journal: Journal, *, heard: Callable[[], None]) -> None:
        self._settings = settings
        self._url = urlsplit(settings.kannel_url)
        self._callbacks = Callbacks(settings, journal, heard=heard)

    def start(self) -> None:
        """Take its callbacks."""
        self._callbacks.start()

    def stop(self) -> None:
        """Take no more callbacks: Kannel keeps and repeats them."""
        self._callbacks.stop()

    def submit(self, message: Message) -> Outcome:
        """Ask Kannel to send a message.

        Each goes over a connection of its own: one that Kannel has closed meanwhile would fail
        after sending, which leaves a doubt.
        """
        connection = http.client.HTTPConnection(
            self._url.hostname or "", self._url.port, timeout=self._settings.submit_timeout
        )
        with contextlib.closing(connection):
            try:
                connection.connect()
            except OSError as error:
                raise CentreAway(type(error).__name__) from error
            try:
                connection.request("GET", self._target(message))
                response = connection.getresponse()
                return _read(response.status, response.read(), reference=message.reference)
            except (OSError, http.client.HTTPException) as error:
                return Outcome(state=State.UNKNOWN, error=type(error).__name__)

    def _target(self, message: Message) -> str:
        asked = {
            "username": self._settings.kannel_username,
            "password": self._settings.kannel_password,
            "to": message.to,
            "from": message.sender,
            "text": message.text,
            "coding": CODINGS[message.encoding],
            "charset": "UTF-8",
            "validity": max(1, message.seconds_to_live // 60),
            "dlr-mask": WANTED_REPORTS,
            "dlr-url": self._callbacks.report_url(message),
        }
        return f"{self._url.path}?{urlencode(asked)}"


def _read(status: int, body: bytes, *, reference: str) -> Outcome:
    """Tell what Kannel's answer means. It names no id of its own: ours stands for it."""
    said = body.decode("latin-1")[:200]
    if status == HTTPStatus.ACCEPTED:
        return Outcome(state=State.SUBMITTED, provider_id=reference)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Outcome(state=State.RETRY, error=said)
    if status == HTTPStatus.FORBIDDEN and "uthorization" in said:
        raise CentreRefusesUs(said)
    is_refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return Outcome(
        state=State.REJECTED if is_refused else State.UNKNOWN, error=f"{status} {said}".strip()
    )
