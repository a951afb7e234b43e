"""The paths that people wait for, against a bare Flask route under the same server."""

from __future__ import annotations

import base64
import itertools
import json
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson

from bench import people
from bench.generate import ACCOUNT_MANAGERS
from bench.load import Connection, Outcome, drive, request
from bench.rig import bare_server, say
from bench.table import Result, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.rig import Rig

CONNECTIONS = 8


def measure(rig: Rig) -> list[Result]:
    """Measure reads, appends and reservations."""
    signed = people.tokens(rig)
    with bare_server() as port:
        say("the bare Flask route …")
        bare = drive(port, lambda _: itertools.repeat(request("GET", "/")), connections=CONNECTIONS)
    with rig.serving() as port:
        return [
            _against(bare, port, "get a customer with 20 contacts", _reads(rig, signed), 0.35),
            _against(bare, port, "append a contact", _appends(rig, signed), None),
            _against(
                bare, port, "reserve a slot on many customers", _reservations(rig, signed), 0.2
            ),
            *_deep_page(rig, port, signed["chief"]),
        ]


def _against(
    bare: Outcome,
    port: int,
    path: str,
    script: Callable[[int], Iterator[bytes]],
    target: float | None,
) -> Result:
    say(f"{path} …")
    ours = drive(port, script, connections=CONNECTIONS)
    ratio = ours.per_second / bare.per_second
    wanted, is_met = at_least(target, ratio) if target else ("told only", True)
    return Result(
        path=path,
        ours=f"{ours.per_second:.0f}/s (p50 {ours.p50_ms:.1f}, p95 {ours.p95_ms:.1f} ms)",
        baseline=f"{bare.per_second:.0f}/s bare Flask route",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
        note=f"refused by status: {ours.refused}" if ours.refused else "",
    )


def _customers(rig: Rig, n: int, *, heavy: bool) -> Iterator[tuple[int, str]]:
    """Give customers of this connection, and their account managers, without end."""
    step = 5 if heavy else 1
    rng = random.Random(n)
    while True:
        number = rng.randrange(1, rig.scale.customers // step) * step
        yield number, f"am-{number % ACCOUNT_MANAGERS}"


def _reads(rig: Rig, signed: dict[str, str]) -> Callable[[int], Iterator[bytes]]:
    def script(n: int) -> Iterator[bytes]:
        for number, owner in _customers(rig, n, heavy=True):
            yield request("GET", f"/v1/customers/c-{number}/overview", token=signed[owner])

    return script


def _appends(rig: Rig, signed: dict[str, str]) -> Callable[[int], Iterator[bytes]]:
    def script(n: int) -> Iterator[bytes]:
        for number, owner in _customers(rig, n, heavy=False):
            moment = datetime.now(UTC) - timedelta(minutes=1)
            body = {
                "occurred_at": moment.isoformat(),
                "channel": "call",
                "direction": "outbound",
                "category": "service",
                "purpose": "bond",
                "outcome": "reached",
                "summary": "演示: asked how the line holds.",
            }
            path = f"/v1/customers/c-{number}/contacts"
            yield request("POST", path, token=signed[owner], body=json.dumps(body).encode())

    return script


def _reservations(rig: Rig, signed: dict[str, str]) -> Callable[[int], Iterator[bytes]]:
    """Ask for each customer once: the connections share the customers among them."""
    # Two days on, at this hour, which the rig's zone makes a late morning: inside every window.
    moment = datetime.now(UTC) + timedelta(days=2)

    def script(n: int) -> Iterator[bytes]:
        for number in range(n + 1, rig.scale.customers, CONNECTIONS):
            body = {
                "customer_id": f"c-{number}",
                "channel": "call",
                "category": "service",
                "at": moment.isoformat(),
            }
            yield request(
                "POST",
                "/v1/contact-reservations",
                token=signed[f"am-{number % ACCOUNT_MANAGERS}"],
                body=json.dumps(body).encode(),
            )

    return script


def _deep_page(rig: Rig, port: int, token: str) -> list[Result]:
    """Compare the first page of all contacts with one nine tenths down the list."""
    say("pages, first and deep …")
    connection = Connection(port)
    first = request("GET", "/v1/contacts?limit=50", token=token)
    cursor = _cursor_at(rig, 0.9)
    deep = request("GET", f"/v1/contacts?limit=50&cursor={cursor}", token=token)
    times: dict[bytes, list[float]] = {first: [], deep: []}
    for _ in range(60):
        for sent in (first, deep):
            began = time.perf_counter()
            status, _body = connection.ask(sent)
            times[sent].append(time.perf_counter() - began)
            if status != 200:  # noqa: PLR2004 - OK
                msg = f"a page answered {status}"
                raise RuntimeError(msg)
    shallow_ms, deep_ms = (statistics.median(times[s]) * 1000 for s in (first, deep))
    ratio = deep_ms / shallow_ms
    wanted, is_met = at_most(1.3, ratio)
    return [
        Result(
            path="list contacts of the whole tree, 9/10 down",
            ours=f"{deep_ms:.1f} ms",
            baseline=f"{shallow_ms:.1f} ms first page",
            ratio=ratio,
            target=wanted,
            is_met=is_met,
        )
    ]


def _cursor_at(rig: Rig, share: float) -> str:
    """Make the cursor of a place deep in the list, as the list itself would."""
    with rig.connect() as connection:
        row = connection.execute(
            "SELECT occurred_at, id FROM contacts ORDER BY occurred_at DESC, id DESC"
            " OFFSET %s LIMIT 1",
            [int(rig.scale.contacts * share)],
        ).fetchone()
    return base64.urlsafe_b64encode(orjson.dumps(row)).decode().rstrip("=")
