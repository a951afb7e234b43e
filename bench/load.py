"""Ask a server for as much as it gives, from a few processes that cost little themselves."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Request = bytes
Script = Callable[[int], Iterator[Request]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one load got: requests answered 2xx, others by status, seconds, latencies in ms."""

    answered: int
    refused: dict[int, int]
    seconds: float
    p50_ms: float
    p95_ms: float

    @property
    def per_second(self) -> float:
        """Return the requests answered 2xx in a second."""
        return self.answered / self.seconds


def request(
    method: str, path: str, *, token: str = "", body: bytes = b"", headers: str = ""
) -> Request:
    """Build the bytes of one HTTP request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{headers}"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def drive(port: int, script: Script, *, connections: int = 8, seconds: float = 8) -> Outcome:
    """Run `script(n)` on each connection n, one request after the other, for some seconds.

    The first second warms up and does not count.
    """
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    workers = [
        context.Process(target=_work, args=(port, script(n), seconds, results))
        for n in range(connections)
    ]
    for worker in workers:
        worker.start()
    parts = [results.get(timeout=seconds + 60) for _ in workers]
    for worker in workers:
        worker.join()
    return _sum_up(parts, seconds)


def _sum_up(parts: list[tuple[list[float], dict[int, int]]], seconds: float) -> Outcome:
    times = sorted(t for part, _ in parts for t in part)
    refused: dict[int, int] = {}
    for _, part in parts:
        for status, count in part.items():
            refused[status] = refused.get(status, 0) + count
    if not times:
        msg = f"no request was answered 2xx: {refused}"
        raise RuntimeError(msg)
    return Outcome(
        answered=len(times),
        refused=refused,
        seconds=seconds,
        p50_ms=times[len(times) // 2] * 1000,
        p95_ms=times[int(len(times) * 0.95)] * 1000,
    )


def _work(port: int, requests: Iterator[Request], seconds: float, results: Any) -> None:
    connection = Connection(port)
    start = time.perf_counter() + 1
    end = start + seconds
    times: list[float] = []
    refused: dict[int, int] = {}
    for sent in requests:
        began = time.perf_counter()
        if began >= end:
            break
        status, _ = connection.ask(sent)
        done = time.perf_counter()
        if began < start:
            continue
        if 200 <= status < 300:  # noqa: PLR2004 - 2xx
            times.append(done - began)
        else:
            refused[status] = refused.get(status, 0) + 1
    results.put((times, refused))


class Connection:
    """One kept-alive connection that reads answers with a Content-Length."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connect()

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def ask(self, sent: Request) -> tuple[int, bytes]:
        """Send one request; return the status and body of its answer."""
        self._socket.sendall(sent)
        received = self._rest
        while b"\r\n\r\n" not in received:
            more = self._socket.recv(65536)
            if not more:  # the server closed a connection that it was done with
                self._connect()
                return self.ask(sent)
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._socket.recv(65536)
        self._rest = body[length:]
        if b"connection: close" in lower:
            self._connect()
        return int(head[9:12]), body[:length]
