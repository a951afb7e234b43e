"""Hundreds of random steps on six phones, and then all of them have what the server has.

Told again with the seed that a failure names: `MOBILE_SEEDS=7 ./run test tests/mobile -k random`.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.mobile.district import DAY, HOUR, now_ms
from tests.mobile.factories import a_contact, a_promise, a_visit
from tests.mobile.phones import Refused

STEPS = 500
SEEDS = [int(seed) for seed in os.environ.get("MOBILE_SEEDS", "1 2 3 4 5 6 7 8 9 10").split()]
CUSTOMERS = 4
CLOCKS = (0, 0, 3, 0, -3, 0)
FAULTS = ("unsent", "lost", "twice", "delayed", "killed")
WORDS = ("tea", "coffee", "chess", "opera", "fishing", "")

pytestmark = pytest.mark.heavy(minutes=2)


class Walk:
    """Six phones of three account managers, and what they were seen to do."""

    def __init__(self, district, seed: int) -> None:
        self.district, self.rng = district, random.Random(seed)
        # Ids that a seed decides, for steps choose among them in their order.
        self._ids = (f"walk-{seed}-{n:05}" for n in itertools.count())
        people = [district.manager(CUSTOMERS, ids=self._ids) for _ in range(3)]
        self.actors = [actor for actor, _customers in people]
        self.customers = [c for _actor, customers in people for c in customers]
        self.phones = [
            district.phone(self.actors[n // 2], daysAhead=CLOCKS[n], pageSize=20).sync()
            for n in range(6)
        ]
        self.entered: set[tuple[str, str]] = set()
        self.removed: set[tuple[str, str]] = set()
        self.visit_of: dict[str, str] = {}
        self.done = Counter()
        self.lead = district.online(district.lead)
        self.covers: list[str] = []

    def step(self) -> None:
        names, weights = zip(*STEPS_OF_A_DAY.items(), strict=True)
        name = self.rng.choices(names, weights)[0]
        self.done[name] += 1
        getattr(self, name)(self.rng.choice(self.phones))

    def edit_profile(self, phone) -> None:
        customer_id = self._any(phone, "customers")
        if customer_id is None:
            return
        columns = {self.rng.choice(("remarks", "employer", "title")): self.rng.choice(WORDS)}
        if customer_id in phone.rows("profiles"):
            phone.edit("profiles", customer_id, **columns)
        else:
            phone.create("profiles", id=customer_id, **columns)
            self.entered.add(("profiles", customer_id))

    def make_promise(self, phone) -> None:
        if customer_id := self._any(phone, "customers"):
            self._enter(phone, "promises", **a_promise(customer_id))

    def keep_promise(self, phone) -> None:
        if promise_id := self._any(phone, "promises"):
            phone.edit("promises", promise_id, kept_at=self._clock(phone), kept_how="Brought it.")

    def note_contact(self, phone) -> None:
        if customer_id := self._any(phone, "customers"):
            occurred_at = self._clock(phone) - HOUR
            self._enter(phone, "contacts", **a_contact(customer_id, occurred_at=occurred_at))

    def plan_visit(self, phone) -> None:
        if customer_id := self._any(phone, "customers"):
            ahead = self.rng.uniform(0.5, 40)
            self._enter(phone, "visits", **a_visit(customer_id, days_ahead=ahead))

    def write_note(self, phone) -> None:
        if visit_id := self._any(phone, "visits"):
            note_id = self._enter(phone, "visit_notes", visit_id=visit_id, text="They were glad.")
            self.visit_of[note_id] = visit_id

    def move_visit(self, phone) -> None:
        if visit_id := self._any(phone, "visits"):
            starts_at = now_ms() + self.rng.randrange(10**9)
            phone.edit("visits", visit_id, starts_at=starts_at, ends_at=starts_at + 10**6)

    def make_visit(self, phone) -> None:
        if visit_id := self._any(phone, "visits"):
            came_at = self._clock(phone) - HOUR
            there = {"checked_in_at": came_at, "checked_out_at": came_at + HOUR // 2}
            phone.edit("visits", visit_id, **there)

    def close_visit(self, phone) -> None:
        if visit_id := self._any(phone, "visits"):
            left_at = self._clock(phone) - HOUR
            there = {"checked_in_at": left_at - HOUR, "checked_out_at": left_at}
            written = {"recorded_at": left_at, "summary": "Glad.", "sections": {"rivals": "None."}}
            quiet = {"leave_alone_until": "2099-01-01", "leave_alone_reason": "They asked."}
            phone.edit("visits", visit_id, **there, **written, **quiet)

    def remove_visit(self, phone) -> None:
        if visit_id := self._any(phone, "visits"):
            phone.remove("visits", visit_id)
            self.removed.add(("visits", visit_id))

    def sync(self, phone) -> None:
        phone.sync()

    def sync_on_a_bad_line(self, phone) -> None:
        kind = self.rng.choice(FAULTS)
        at = self.rng.choice(("push", "pull"))
        phone.breaks("lost" if kind == "killed" else kind, at)
        if kind == "killed":
            phone.stops_saving()
        try:
            phone.sync()
        except Refused as refused:
            if refused.status is not None:  # the server's word, not the line's
                raise
        phone.breaks("none", "nowhere")
        if kind == "killed":
            phone.open()

    def deliver_late(self, phone) -> None:
        phone.deliver_late()

    def edit_online(self, phone) -> None:
        customer_id = self._any(phone, "customers")
        if customer_id:
            path = f"/v1/customers/{customer_id}/extended-profile"
            self.lead.patch(path, {"title": self.rng.choice(WORDS)})

    def hand_over(self, _phone) -> None:
        self.district.hand_over(self.rng.choice(self.customers), self.rng.choice(self.actors))

    def change_cover(self, _phone) -> None:
        if self.covers:
            self.lead.put(f"/v1/covers/{self.covers.pop()}/end", {})
            return
        absent, stand_in = self.rng.sample(self.actors, 2)
        until = (datetime.now(UTC) + timedelta(days=2)).isoformat()
        whom = {"absent_id": absent.id, "stand_in_id": stand_in.id}
        cover = self.lead.post("/v1/covers", {**whom, "ends_at": until, "reason": "Leave"})
        self.covers.append(cover["id"])

    def _clock(self, phone) -> int:
        return now_ms() + phone.options["daysAhead"] * DAY

    def _any(self, phone, table) -> str | None:
        return self.rng.choice(sorted(phone.rows(table)) or [None])

    def _enter(self, phone, table, **columns) -> str:
        record_id = next(self._ids)
        phone.create(table, id=record_id, **columns)
        self.entered.add((table, record_id))
        return record_id


STEPS_OF_A_DAY = {
    "edit_profile": 18,
    "make_promise": 8,
    "keep_promise": 5,
    "note_contact": 6,
    "plan_visit": 7,
    "write_note": 6,
    "move_visit": 6,
    "make_visit": 3,
    "close_visit": 4,
    "remove_visit": 3,
    "sync": 16,
    "sync_on_a_bad_line": 10,
    "deliver_late": 3,
    "edit_online": 5,
    "hand_over": 5,
    "change_cover": 2,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_steps_converge(district, seed):
    walk = Walk(district, seed)
    for _ in range(STEPS):
        walk.step()

    for phone in walk.phones:
        phone.deliver_late()
        phone.sync()
    for first, second in zip(walk.phones[::2], walk.phones[1::2], strict=True):
        district.assert_converged(first, second)
    assert len(walk.done) == len(STEPS_OF_A_DAY)
    _assert_nothing_is_lost(district, walk)
    district.command("sync", "verify")


def _assert_nothing_is_lost(district, walk):
    """Whatever was entered stands, or lies among the issues; what was removed stays away."""
    held = {pair for phone in walk.phones for pair in _held(phone)}
    told = {(i.table_name, i.record_id) for i in district.sql("SELECT * FROM sync_issues")}
    drafts = {
        (draft["table"], draft["row"]["id"])
        for phone in walk.phones
        for draft in phone.refusals()["drafts"]
    }
    away = {("visit_notes", n) for n, v in walk.visit_of.items() if ("visits", v) not in held}
    assert walk.entered - walk.removed - held - told - drafts - away == set()
    assert (walk.removed & held) - told == set()


def _held(phone):
    for table, rows in phone.everything().items():
        for record_id in rows:
            yield table, record_id
