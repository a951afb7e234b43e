"""A message centre that takes messages as Kannel's sendsms does, and is as unkind as any.

It notes every message that it accepts. Some answers come late or never, some messages are refused,
and reports come late, twice, in any order, or not at all.
"""

from __future__ import annotations

import heapq
import http.client
import itertools
import random
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TRIES = 40
LATE_SECONDS = 1.5


class Centre:
    """One centre for all gateways. `chances` says how often it is unkind, and how."""

    def __init__(self, port: int, rng: random.Random, **chances: float) -> None:
        self.url = f"http://127.0.0.1:{port}/cgi-bin/sendsms"
        self.accepted: Counter[str] = Counter()
        self.texts: dict[str, str] = {}
        self.refused: set[str] = set()
        self.reported = 0
        self._rng, self._chances = rng, chances
        self._turn = threading.Condition()
        self._due: list[tuple[float, int, str, int]] = []
        self._order = itertools.count()
        self._is_over = False
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.centre = self
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,)),
            threading.Thread(target=self._report),
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        with self._turn:
            self._is_over = True
            self._turn.notify_all()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()

    def take(self, query):
        """Decide over a message; return the status to answer, and after how many seconds.

        No status: hang up without a word.
        """
        url = query["dlr-url"]
        message_id = parse_qs(urlsplit(url.replace("%", "%25")).query)["id"][0]
        with self._turn:
            fate = self._fate()
            if fate == "refuse":
                self.refused.add(message_id)
                return 403, 0
            if fate == "lose":
                return None, 0
            self.accepted[message_id] += 1
            self.texts[message_id] = query["text"]
            self._plan_reports(url)
        return {"hang_up": (None, 0), "be_late": (202, LATE_SECONDS)}.get(fate, (202, 0))

    def _fate(self):
        dice = self._rng.random()
        for fate, chance in self._chances.items():
            if dice < chance:
                return fate
            dice -= chance
        return "accept"

    def _plan_reports(self, url):
        if self._rng.random() < 0.5:
            return  # missing
        ends = 1 if self._rng.random() < 0.8 else 2
        for status in (8, ends, *self._rng.sample((8, ends), self._rng.randrange(2))):
            at = time.monotonic() + self._rng.uniform(0, 2)
            heapq.heappush(self._due, (at, next(self._order), f"{url}&s={status}", TRIES))
        self._turn.notify()

    def _report(self):
        """Tell of deliveries, each again and again until somebody hears it."""
        while (due := self._next_due()) is not None:
            url, tries = due
            if self._tell(url):
                self.reported += 1
            elif tries:
                with self._turn:
                    at = time.monotonic() + 0.3
                    heapq.heappush(self._due, (at, next(self._order), url, tries - 1))

    def _next_due(self):
        with self._turn:
            while not self._is_over:
                if self._due and self._due[0][0] <= time.monotonic():
                    _, _, url, tries = heapq.heappop(self._due)
                    return url, tries
                wait = self._due[0][0] - time.monotonic() if self._due else None
                self._turn.wait(wait)
        return None

    def has_told_all(self):
        with self._turn:
            return not self._due

    def _tell(self, url):
        url, _, status = url.rpartition("&s=")
        at = urlsplit(url.replace("%d", status).replace("%A", "fictional"))
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=5)
        try:
            connection.request("GET", f"{at.path}?{at.query}")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    centre: Centre

    def handle_error(self, *_):
        """Say nothing of relays that died while we answered."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self):
        query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        status, after = self.server.centre.take(query)
        time.sleep(after)
        if status is None:
            return
        body = b"0: Accepted for delivery" if status == 202 else b"Not routable. Do not try again."
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""
