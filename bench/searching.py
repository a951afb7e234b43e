"""The search box over a million customers, against a customer read by id over HTTP.

Names as they are: a few surnames are everybody's, given names of one or two characters, whose
readings the product itself makes. Three people search: who sees all, who leads a team of some
thousands, and who looks after some hundreds.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg

from bench import people
from bench.load import drive, request
from bench.rig import AS_SHIPPED, say
from bench.table import Result, at_most
from crm_api.customers.policies.names import read_name, search_terms
from tests.support import databases
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bench.load import Outcome
    from bench.rig import Rig

CUSTOMERS = int(os.environ.get("BENCH_SEARCH_CUSTOMERS", "1000000"))
PORTFOLIO, OF_TEAM = 300, 3_000
CONNECTIONS = 2
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华玲辉建国文波红梅鑫宇浩然子轩雨婷欣怡"
    "嘉俊博晨思佳梓涵一诺可心若曦天翔志远海燕春兰玉珍淑贞凤仙瑞云龙虎彬斌凯峰飞鹏程"
)
TARGET = 10

PEOPLE = """
INSERT INTO teams (id, name, parent_id, path, version, created_at)
VALUES ('bench', 'Bench district', NULL, '/bench/', 1, now());
INSERT INTO teams (id, name, parent_id, path, version, created_at)
SELECT 'team-' || n, 'Bench team ' || n, 'bench', '/bench/team-' || n || '/', 1, now()
FROM generate_series(0, {teams} - 1) n;
INSERT INTO staff (id, login, name, role, team_id, status, version, created_at)
SELECT 'am-' || n, 'am-' || n, 'Bench account manager ' || n, 'account_manager',
       'team-' || n % {teams}, 'active', 1, now() FROM generate_series(0, {managers} - 1) n;
INSERT INTO staff (id, login, name, role, team_id, status, version, created_at)
VALUES ('chief', 'chief', 'Bench manager', 'manager', 'bench', 'active', 1, now()),
       ('admin', 'admin', 'Bench administrator', 'admin', 'bench', 'active', 1, now()),
       ('lead', 'lead', 'Bench team lead', 'manager', 'team-0', 'active', 1, now());
"""
COLUMNS = (
    "id, kind, name, name_pinyin, name_initials, gender, phone, has_guardian_consent, status,"
    " account_no, plan_name, team_id, owner_id, tier, own_tier, version, created_at"
)
TERMS = "customer_search_terms (term, customer_id)"
PHONES = "customer_phones (id, customer_id, number, suffix, label, is_primary, created_at)"
NOW = "2026-01-01T00:00:00Z"


class Found:
    """A database of its own, full of names."""

    def __init__(self, rig: Rig) -> None:
        self.scale = rig.scale
        self.url, self.dsn = rig.make_database("search")
        databases.migrate(self.url)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return a plain connection."""
        return psycopg.connect(self.dsn, autocommit=True)

    def fill(self) -> None:
        """Write the customers, with all that they are found by."""
        began, managers = time.perf_counter(), max(1, CUSTOMERS // PORTFOLIO)
        teams = max(1, CUSTOMERS // OF_TEAM)
        with self.connect() as connection:
            connection.execute(PEOPLE.format(teams=teams, managers=managers))
            names = list(_names(CUSTOMERS))
            places = [
                (f"team-{n % managers % teams}", f"am-{n % managers}") for n in range(managers)
            ]
            _copy(connection, f"customers ({COLUMNS})", _customers(names, places))
            _copy(connection, TERMS, _terms(names))
            _copy(connection, PHONES, _phones(len(names)))
            connection.execute("VACUUM ANALYZE")
        say(f"{CUSTOMERS:,} customers by name: {time.perf_counter() - began:.0f} s")


def measure(rig: Rig) -> list[Result]:
    """Measure who is found by what is typed, for each who searches."""
    database = Found(rig)
    database.fill()
    signed = people.tokens(database)  # type: ignore[arg-type] - it asks for a URL and connections
    server = Server(database.url, **AS_SHIPPED).start()
    try:
        return [
            _against_reads(server.port, who, signed[token])
            for who, token in (
                ("all", "admin"),
                ("a district", "chief"),
                (f"a team of {OF_TEAM:,}", "lead"),
                (f"a portfolio of {PORTFOLIO}", "am-0"),
            )
        ]
    finally:
        server.stop()


def _against_reads(port: int, who: str, token: str) -> Result:
    say(f"searches among {who} …")
    seen = f"/v1/customers/{_id(0)}"
    read = drive(port, lambda _: itertools.repeat(request("GET", seen, token=token)), connections=2)
    ours = drive(port, _searches(token), connections=CONNECTIONS)
    ratio = ours.p95_ms / read.p95_ms
    wanted, is_met = at_most(TARGET, ratio)
    return Result(
        path=f"search among {who}, of {CUSTOMERS:,}",
        ours=_told(ours),
        baseline=f"{_told(read)} one customer by id",
        ratio=ratio,
        target=wanted,
        is_met=is_met and not ours.refused,
        note=f"refused by status: {ours.refused}" if ours.refused else "",
    )


def _told(outcome: Outcome) -> str:
    return f"p95 {outcome.p95_ms:.1f} ms (p50 {outcome.p50_ms:.1f})"


def _searches(token: str) -> Callable[[int], Iterator[bytes]]:
    def script(n: int) -> Iterator[bytes]:
        rng = random.Random(n)
        names = _names(10_000)
        for name in itertools.cycle(list(names)):
            typed = _typed(name, rng)
            yield request("GET", f"/v1/customers?q={typed}", token=token)

    return script


def _typed(name: str, rng: random.Random) -> str:
    """Return what somebody types who looks for this name, or for a number."""
    pinyin, initials = read_name(name)
    choices = (
        initials[0],
        initials[:2],
        initials,
        initials[-1],
        name[0],
        name[-1],
        name[-2:],
        name,
        pinyin[: rng.randint(1, len(pinyin))],
        f"{rng.randrange(10_000):04d}",
        f"{rng.randrange(CUSTOMERS):08d}",
    )
    return quote(rng.choice(choices))


def _names(many: int) -> Iterator[str]:
    """Give names, a few surnames far more often than others, the same on each run."""
    rng = random.Random(7)
    weights = [1 / (place + 2) for place in range(len(SURNAMES))]
    for surname in rng.choices(SURNAMES, weights, k=many):
        yield surname + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2, 2))))


def _id(n: int) -> str:
    return f"c-{n:08d}"


def _customers(names: list[str], places: list[tuple[str, str]]) -> Iterator[tuple[object, ...]]:
    for n, name in enumerate(names):
        pinyin, initials = read_name(name)
        team, owner = places[n % len(places)]
        core = (_id(n), "individual", name, pinyin, initials, "unknown", _number(n), False)
        rest = ("active", None, "", team, owner, "standard", "standard", 1, NOW)
        yield (*core, *rest)


def _terms(names: list[str]) -> Iterator[tuple[object, ...]]:
    for n, name in enumerate(names):
        for term in search_terms(name):
            yield term, _id(n)


def _phones(many: int) -> Iterator[tuple[object, ...]]:
    for n in range(many):
        number = _number(n)
        yield f"p-{n}", _id(n), number, number[:0:-1], "", True, NOW


def _number(n: int) -> str:
    return f"+86139{n:08d}"


def _copy(
    connection: psycopg.Connection[tuple[object, ...]],
    into: str,
    rows: Iterable[tuple[object, ...]],
) -> None:
    statement = f"COPY {into} FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)
