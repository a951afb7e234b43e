"""Phones that pull and push, against a bare route and against PostgreSQL's own JSON."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import orjson

from bench import people
from bench.generate import ACCOUNT_MANAGERS
from bench.load import Connection, Outcome, drive, request
from bench.rig import bare_server, say
from bench.table import Result, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.rig import Rig

RECORDS = 20_000  # in each feed
CONNECTIONS = 8
CHANGES = 100
PAGE, FIRST_PULL = 2_000, 10_000
EPOCH = 10**12
HEADERS = "X-Device-Id: bench\r\nX-App-Version: 1.0.0\r\n"
SMALL = "am-0"  # of whose feed a handful of records is left
LARGE = "am-2"  # whose phone has all there is
# What phones have of the generated portfolios, topped up with promises to the wanted number, and
# the feeds as a first pull of everybody would have filled them, in an order that mixes the tables.
FEEDS = """
INSERT INTO promises (id, customer_id, owner_id, text, due_on, version, created_at)
SELECT 'pr-' || n || '-' || k, 'c-' || n, owner_id, '演示: prices', current_date + 30, 1, now()
FROM generate_series(1, {customers}) n JOIN customers ON customers.id = 'c-' || n,
     generate_series(1, 18) k;
INSERT INTO sync_feeds (subscriber_id, seq, oldest_seq, is_active)
SELECT id, {records}, 0, true FROM staff WHERE role = 'account_manager'
ON CONFLICT (subscriber_id) DO UPDATE SET seq = {records}, is_active = true;
INSERT INTO sync_feed_rows (subscriber_id, table_name, record_id, seq, op, changed_at)
SELECT owner_id, name, id, number, 'put', now()
FROM (SELECT owner_id, name, id,
             row_number() OVER (PARTITION BY owner_id ORDER BY md5(id || name)) AS number
      FROM (SELECT owner_id, id, 'customers' AS name FROM customers
            UNION ALL SELECT owner_id, id, 'profiles' FROM customers
            UNION ALL SELECT owner_id, 'a-' || id, 'anniversaries' FROM customers
            UNION ALL SELECT owner_id, contacts.id, 'contacts'
                      FROM contacts JOIN customers ON customers.id = customer_id
                      WHERE occurred_at > now() - interval '1 year'
            UNION ALL SELECT owner_id, id, 'promises' FROM promises) records) numbered
WHERE number <= {records};
INSERT INTO sync_phones (staff_id, device_id, name, app_version, schema_version, first_seen_at,
                         last_seen_at, cursor, whole_since, filled_version, seen_epoch, told_epoch,
                         skew_ms)
SELECT subscriber_id, 'bench', '', '1.0.0', 1, now(), now(), {end}, 0, 1, 1, 1, 0 FROM sync_feeds;
DELETE FROM sync_feed_rows WHERE subscriber_id = '{small}' AND seq <= {records} - 20;
VACUUM ANALYZE;
"""
# The same records, as PostgreSQL writes them by itself.
PLAIN = """
SELECT row_to_json(t) FROM sync_feed_rows f JOIN {table} t ON t.id = f.record_id
WHERE f.subscriber_id = %s AND f.table_name = %s AND f.seq <= %s
"""
PLAINLY = {
    "customers": "customers",
    "profiles": "extended_profiles",
    "anniversaries": "anniversaries",
    "contacts": "(SELECT * FROM contacts JOIN contact_texts ON contact_id = id)",
    "promises": "promises",
}


def measure(rig: Rig) -> list[Result]:
    """Measure pulls and pushes of account managers with 20,000 records each."""
    signed = people.tokens(rig)
    say(f"feeds of {RECORDS:,} records …")
    _fill(rig)
    with bare_server(rig.dsn) as port:
        say("bare Flask routes …")
        bare = drive(port, lambda _: itertools.repeat(request("GET", "/")), connections=CONNECTIONS)
        asks = drive(port, _each(lambda am: request("GET", f"/newest/{am}")))
        gives = drive(port, _each(lambda am: request("GET", f"/changes/{am}/{RECORDS - CHANGES}")))
    with rig.serving() as port:
        say("idle pulls, and pulls of changes …")
        idle = drive(port, _pulls(signed, behind=0), connections=CONNECTIONS)
        hundred = drive(port, _pulls(signed, behind=CHANGES), connections=CONNECTIONS)
        return [
            _against("idle pull", idle, bare, "bare Flask route", target=0.4),
            _against("idle pull", idle, asks, "bare route that asks PostgreSQL once", target=0.4),
            _against("pull of 100 changes", hundred, bare, "bare Flask route", target=0.22),
            _against(
                "pull of 100 changes",
                hundred,
                gives,
                "bare route, plain SQL of the same",
                target=0.22,
            ),
            _first_pull(rig, port, signed["am-1"]),
            _pushes(port, signed),
            _growth(port, signed),
        ]


def _fill(rig: Rig) -> None:
    numbers = {"customers": rig.scale.customers, "records": RECORDS, "end": EPOCH + RECORDS}
    with rig.connect() as connection:
        for statement in FEEDS.format(small=SMALL, **numbers).split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[arg-type]


def _pull(token: str, cursor: int | str, *, limit: int = PAGE) -> bytes:
    path = f"/v1/sync/pull?last_pulled_at={cursor}&schema_version=1&limit={limit}"
    return request("GET", path, token=token, headers=HEADERS)


def _pulls(signed: dict[str, str], *, behind: int) -> Callable[[int], Iterator[bytes]]:
    return _each(lambda am: _pull(signed[am], EPOCH + RECORDS - behind))


def _each(asked: Callable[[str], bytes]) -> Callable[[int], Iterator[bytes]]:
    """Have each connection go through its share of the phones, again and again."""

    def script(n: int) -> Iterator[bytes]:
        share = [m for m in range(1, ACCOUNT_MANAGERS) if m % CONNECTIONS == n]
        return itertools.cycle([asked(f"am-{m}") for m in share])

    return script


def _against(path: str, ours: Outcome, theirs: Outcome, baseline: str, *, target: float) -> Result:
    ratio = ours.per_second / theirs.per_second
    wanted, is_met = at_least(target, ratio)
    return Result(
        path=path,
        ours=f"{ours.per_second:.0f}/s (p50 {ours.p50_ms:.1f}, p95 {ours.p95_ms:.1f} ms)",
        baseline=f"{theirs.per_second:.0f}/s {baseline}",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
        note=f"refused by status: {ours.refused}" if ours.refused else "",
    )


def _first_pull(rig: Rig, port: int, token: str) -> Result:
    say("a first pull …")
    plain = max(_plainly(rig) for _ in range(3))
    connection = Connection(port)
    ours = max(_page_by_page(connection, token) for _ in range(3))
    wanted, is_met = at_least(0.4, ours / plain)
    return Result(
        path=f"first pull of {FIRST_PULL:,} records",
        ours=f"{ours:,.0f} rows/s",
        baseline=f"{plain:,.0f} rows/s that PostgreSQL gives as JSON",
        ratio=ours / plain,
        target=wanted,
        is_met=is_met,
    )


def _plainly(rig: Rig) -> float:
    count, began = 0, time.perf_counter()
    with rig.connect() as connection:
        for name, table in PLAINLY.items():
            rows = connection.execute(
                PLAIN.format(table=table),  # type: ignore[arg-type]
                ["am-1", name, FIRST_PULL],
            )
            count += len(rows.fetchall())
    return count / (time.perf_counter() - began)


def _page_by_page(connection: Connection, token: str) -> float:
    cursor: int | str = ""
    count, began = 0, time.perf_counter()
    while count < FIRST_PULL:
        status, body = connection.ask(_pull(token, cursor))
        if status != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(body)
        answer = orjson.loads(body)
        cursor = answer["timestamp"]
        count += sum(len(table["updated"]) for table in answer["changes"].values())
    return count / (time.perf_counter() - began)


def _pushes(port: int, signed: dict[str, str]) -> Result:
    say("pushes of different portfolios …")

    def script(n: int) -> Iterator[bytes]:
        number = n + 10
        headers = f"{HEADERS}Idempotency-Key: bench-{n}-"
        for customer in itertools.cycle(range(number, 10_000, ACCOUNT_MANAGERS)):
            body = orjson.dumps(_remark(customer))
            key = headers + f"{time.perf_counter_ns()}\r\n"
            path = f"/v1/sync/push?last_pulled_at={EPOCH + RECORDS}"
            yield request("POST", path, token=signed[f"am-{number}"], body=body, headers=key)

    one = drive(port, script, connections=1)
    two = drive(port, script, connections=2)
    ratio = two.per_second / one.per_second
    wanted, is_met = at_least(1.3, ratio)
    return Result(
        path="pushes of two portfolios at once",
        ours=f"{two.per_second:.0f}/s",
        baseline=f"{one.per_second:.0f}/s of one",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
    )


def _remark(customer: int) -> dict[str, Any]:
    row = {
        "id": f"c-{customer}",
        "remarks": f"演示 {time.perf_counter_ns()}",
        "_status": "updated",
        "_changed": "remarks",
    }
    return {"profiles": {"created": [], "updated": [row], "deleted": []}}


def _growth(port: int, signed: dict[str, str]) -> Result:
    say("idle pulls of a small and of a large portfolio …")
    times = {}
    for name in (SMALL, LARGE):
        asked = _pull(signed[name], EPOCH + RECORDS)
        times[name] = drive(port, lambda _, a=asked: itertools.repeat(a), connections=1).p50_ms
    ratio = times[LARGE] / times[SMALL]
    wanted, is_met = at_most(1.2, ratio)
    return Result(
        path=f"idle pull with {RECORDS:,} records",
        ours=f"{times[LARGE]:.2f} ms",
        baseline=f"{times[SMALL]:.2f} ms with 20",
        ratio=ratio,
        target=wanted,
        is_met=is_met,
    )
