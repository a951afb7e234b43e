"""Random worlds, each from its number, and how the governor is told of them."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.governor_proof import laws, model
from tests.governor_proof.model import DAY, Contact, Person, Wish, World, local, shown

ZONES = [
    ("Asia/Shanghai", [date(2026, 2, 16), date(2026, 4, 4), date(2026, 12, 31)]),
    ("Europe/Berlin", [date(2026, 3, 28), date(2026, 10, 24), date(2026, 6, 29)]),
    ("America/New_York", [date(2026, 3, 7), date(2026, 10, 31), date(2028, 2, 28)]),
]
WIDTHS = [3_600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400, 1800, 2 * 86_400]
PEOPLE = ("ann", "bob", "group")
NUMBERS = ("+8613900000001", "+8613900000002")
STATES = ["reserved"] * 5 + ["consumed"] * 4 + ["held"] * 4
STATES += ["in_flight", "uncertain", "released", "expired", "preempted", "coalesced"]
OUTCOMES = ["reached", "reached", "no_answer", "absent", None]


def make_world(seed: int) -> World:
    """Return the world of this number: always the same."""
    return _Maker(random.Random(f"governor {seed}")).make()


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        name, days = rng.choice(ZONES)
        self.zone = ZoneInfo(name)
        day = rng.choice(days) + timedelta(days=rng.randint(-3, 3))
        self.now = shown(day, rng.randrange(1440), self.zone) + rng.randrange(60_000_000)
        self.moments = [self.now]
        self.is_few = rng.random() < 0.5

    def make(self) -> World:
        rng = self.rng
        customers = self._met()
        people = self._people()
        many = rng.randint(0, 3) if self.is_few else rng.randint(2, 12)
        contacts = [self._contact(f"c{n}") for n in range(many)]
        contacts = _one_visit_each(contacts)
        chosen = laws.SHIPPED if rng.random() < 0.5 else None
        asked = self._asked(customers)
        return World(
            zone=self.zone,
            now=self.now,
            laws=chosen or laws.random_laws(rng, customers[0], people[customers[0]]),
            people=people,
            contacts=contacts,
            asked=asked,
            moves=self._moves(contacts),
            solemn=self._days(0.3),
            holidays=self._days(0.5),
            number_opt_outs=self._number_opt_outs(),
        )

    def _met(self) -> tuple[str, ...]:
        return self.rng.choice([("ann",)] * 6 + [("group", "bob"), ("ann", "bob", "group")])

    def _people(self) -> dict[str, Person]:
        people = {name: self._person() for name in PEOPLE}
        if self.rng.random() < 0.2:
            people["ann"].same_as = frozenset({"twin"})
        people["twin"] = Person(same_as=frozenset({"ann"}))
        return people

    def _person(self) -> Person:
        rng, seldom = self.rng, self.rng.random() < 0.12
        return Person(
            tier=rng.choice(list(laws.TIERS)),
            segments=frozenset(s for s in laws.SEGMENTS if rng.random() < 0.5),
            is_closed=seldom and rng.random() < 0.2,
            is_deceased=seldom and rng.random() < 0.2,
            of_age_on=self._day(30) if rng.random() < 0.04 else None,
            wishes=tuple(self._wish() for _ in range(rng.choice([0, 0, 0, 0, 1, 2]))),
            holds=tuple(self._hold() for _ in range(rng.choice([0, 0, 0, 0, 1, 2]))),
            opt_outs=(("sms", ("care", "marketing")),) if rng.random() < 0.05 else (),
        )

    def _wish(self) -> Wish:
        rng = self.rng
        hours = rng.choice([None, (12 * 60, 14 * 60), (22 * 60, 7 * 60), (0, 9 * 60)])
        return Wish(
            channels=rng.choice([None, ("call",), ("sms", "wechat")]),
            categories=rng.choice([None, ("care",), ("payment", "service"), ("statutory",)]),
            hours=hours,
            ends_on=self._day(20) if rng.random() < 0.8 else None,
        )

    def _hold(self) -> tuple[str, int, int | None]:
        since = self._near(10)
        kind = self.rng.choice(["complaint", "leave_alone", "mourning"])
        lasts = self.rng.randrange(1, 12 * DAY)
        return kind, since, since + lasts if self.rng.random() < 0.9 else None

    def _contact(self, contact_id: str) -> Contact:
        rng = self.rng
        at = self._instant()
        self.moments.append(at)
        channel = rng.choice(sorted(model.EVERY_CHANNEL))
        rings = channel in model.RINGS and rng.random() < 0.9
        state = rng.choice(STATES)
        is_held = state == "held"  # only the planner of greetings holds: never what serves a visit
        return Contact(
            contact_id,
            at,
            channel,
            rng.choice(sorted(model.EVERY_CATEGORY)),
            rng.choice([("ann",), ("ann",), ("ann",), ("bob",), ("group", "bob"), ("twin",)]),
            state,
            outcome=rng.choice(OUTCOMES) if state == "consumed" else None,
            begun_by_customer=state == "consumed" and rng.random() < 0.15,
            endpoint=rng.choice(NUMBERS[:1] * 4 + NUMBERS[1:]) if rings else None,
            visit_id=None if is_held else rng.choice([None] * 5 + ["v1", "v1", "v2"]),
            occurrence="birthday" if rng.random() < 0.03 and not is_held else None,
            **self._claim(0.25),
            made_at=self.now - rng.randrange(0, 3) * DAY,
        )

    def _claim(self, greets: float) -> dict:
        """Return what a contact brings forward where two want one place."""
        rng = self.rng
        return {
            "greets": rng.choice([4, 5, 6]) if rng.random() < greets else None,
            "rank": rng.choice([0, 0, 0, 1, 2]),
            "is_agreed": rng.random() < 0.3,
            "not_after": self._near(14) if rng.random() < 0.15 else None,
        }

    def _asked(self, customers: tuple[str, ...]) -> Contact:
        channel = self.rng.choice(["visit", "call", "sms", "wechat", "email"])
        return Contact(
            "asked",
            self._instant(),
            channel,
            self.rng.choice(sorted(model.EVERY_CATEGORY)),
            customers,
            endpoint=NUMBERS[0] if channel in model.RINGS else None,
            visit_id=self.rng.choice([None] * 4 + ["v1"]),
            occurrence=self.rng.choice([None, None, "birthday"]),
            **self._claim(0.4),
        )

    def _instant(self) -> int:
        """Return a moment: half of them exactly a policy's width from another, or just off it."""
        rng = self.rng
        if rng.random() < 0.45:
            return self._near(35 if rng.random() < 0.3 else 10)
        jitter = rng.choice([0, 0, -1, 1])
        if rng.random() < 0.25:
            minute = rng.choice([0, 8 * 60, 9 * 60, 20 * 60, 21 * 60, 1440])
            return shown(self._day(9), minute, self.zone) + jitter
        width = rng.choice(WIDTHS) * model.SECOND
        return rng.choice(self.moments) + rng.choice([-1, 1, 1]) * width + jitter

    def _near(self, days: int) -> int:
        return self.now + self.rng.randrange(-days * DAY // 2, days * DAY)

    def _day(self, days: int) -> date:
        return local(self._near(days), self.zone).date()

    def _days(self, share: float) -> frozenset:
        return (
            frozenset(self._day(12) for _ in range(4)) if self.rng.random() < share else frozenset()
        )

    def _moves(self, contacts: list[Contact]) -> str | None:
        planned = [c.id for c in contacts if c.state in ("held", "reserved")]
        return self.rng.choice(planned) if planned and self.rng.random() < 0.15 else None

    def _number_opt_outs(self) -> dict:
        refusals = (("sms", ("care", "marketing")),)
        return {NUMBERS[0]: refusals} if self.rng.random() < 0.04 else {}


def _one_visit_each(contacts: list[Contact]) -> list[Contact]:
    """Let each visit's id be borne by one visit at most: what else bears it serves it."""
    seen: set[str] = set()
    kept = []
    for contact in contacts:
        if contact.channel == "visit" and contact.visit_id is not None:
            if contact.visit_id in seen:
                continue
            seen.add(contact.visit_id)
        kept.append(contact)
    return kept


def describe(world: World) -> str:
    """Write a world down for whoever must find out why the answers differ."""

    def when(moment: int | None) -> str:
        return "never" if moment is None else f"{local(moment, world.zone):%a %F %T.%f%z}"

    lines = [f"zone {world.zone}, now {when(world.now)}", f"asked {when(world.asked.at)}"]
    lines += [f"  {world.asked}"]
    lines += [f"  moves {world.moves}, number refuses {world.number_opt_outs}"]
    lines += [f"{when(c.at)} {c}" for c in sorted(world.contacts, key=lambda c: c.at)]
    lines += [f"{name}: {p}" for name, p in world.people.items() if name in world.asked.customers]
    lines += [_law(law) for law in world.laws if world.laws is not laws.SHIPPED]
    lines += [f"solemn {sorted(map(str, world.solemn))}, free {sorted(map(str, world.holidays))}"]
    return "\n".join(lines)


def _law(law: model.Law) -> str:
    plain = model.Law(law.key, law.kind)
    told = {n: v for n, v in vars(law).items() if v != getattr(plain, n)}
    names = {n: sorted(v) if isinstance(v, frozenset) else v for n, v in told.items()}
    for name in ("blocks", "counts"):
        if name in names:
            names[name] = [sorted(part) for part in names[name]]
    return f"law {law.key} ({law.kind}): {names}"


def datetime_of(moment: int) -> datetime:
    return model.START + timedelta(microseconds=moment)
