"""Judge a moment, and find the nearest legal ones by trying every instant that could matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.governor_proof import model
from tests.governor_proof.model import DAY, Law, Wish, World, local, shown

HORIZON = 400 * DAY
GRACE = 5 * 60 * model.SECOND
HOLDS = {"complaint": "complaint_open"}
UNQUALIFIED = {"care", "marketing", "service"}

Reason = tuple[str, str, str]  # a law's key or what else it is called, and whom it protects


@dataclass(frozen=True)
class Cap:
    """A cap as it bears on one customer or number: what others count toward it there."""

    law: Law
    kind: str
    subject: str
    others: list[tuple[int, str]]


class Judge:
    """One question asked of one world."""

    def __init__(self, world: World) -> None:
        self.world, self.asked = world, world.asked
        self.visit_at = model.visit_start(world, self.asked.visit_id)
        self.serves = model.serves(self.asked, self.visit_at)
        self.rings = self.asked.channel in model.RINGS and self.asked.endpoint is not None
        self.persons = [world.people[c] for c in self.asked.customers]
        self.caps: list[Cap] = []
        self.beyond: list[Cap] = []  # they count such a contact, and cannot block it
        self.windows: dict[str, Law] = {}
        self.units = {c.id: model.unit(world, c) for c in world.contacts}
        for customer_id in self.asked.customers:
            self._gather(customer_id)
        self.never = frozenset(self._never())

    def _gather(self, customer_id: str) -> None:
        world, person = self.world, self.world.people[customer_id]
        family = {customer_id} | person.same_as
        touching = [c for c in world.contacts if family & set(c.customers)]
        laws = model.laws_for(world.laws, customer_id, person.tier, person.segments)
        able = [law for law in laws if self._can_block(law)]
        self.windows |= {law.key: law for law in able if law.kind == "window"}
        caps = [law for law in able if law.kind != "window"]
        exempt = [law for law in laws if law not in able and self._would_count(law)]
        self.caps += self._count(caps, touching, "customer", customer_id)
        self.beyond += self._count(exempt, touching, "customer", customer_id)
        if self.rings and customer_id == self.asked.customers[0]:
            ringing = [
                c
                for c in world.contacts
                if c.channel in model.RINGS and c.endpoint == self.asked.endpoint
            ]
            self.caps += self._count(caps, ringing, "endpoint", self.asked.endpoint)
            self.beyond += self._count(exempt, ringing, "endpoint", self.asked.endpoint)

    def _can_block(self, law: Law) -> bool:
        if self.asked.channel not in law.blocks[0] or self.asked.category not in law.blocks[1]:
            return False
        if law.greetings_only and self.asked.occurrence is None:
            return False
        if law.waived_by == "agreement" and self.asked.is_agreed:
            return False
        return not (law.waived_by == "deadline" and self.asked.not_after is not None)

    def _count(
        self, laws: list[Law], contacts: list[model.Contact], kind: str, subject: str
    ) -> Iterator[Cap]:
        own = f"visit {self.asked.visit_id}" if self.serves else None
        for law in laws:
            if kind in law.subjects and self._is_seen_by(law):
                counted = [
                    (c.at, self.units[c.id])
                    for c in contacts
                    if c.id != self.world.moves
                    and self.units[c.id] != own
                    and model.counts_toward(c, law)
                ]
                yield Cap(law, kind, subject, counted)

    def _would_count(self, law: Law) -> bool:
        channels, categories = law.counts
        is_cap = law.kind != "window" and law.strength != "soft"
        return is_cap and self.asked.channel in channels and self.asked.category in categories

    def _is_seen_by(self, law: Law) -> bool:
        """Tell whether a law over contacts looks at one that ended like this at all."""
        ended = (self.asked.channel, self.asked.outcome)
        if ended == ("call", "no_answer"):
            return law.counts[0] == model.EVERY_CHANNEL
        return ended != ("visit", "absent") or law.counts[0] == {"visit"}

    def _never(self) -> Iterator[Reason]:
        """Return what forbids the contact at whatever moment."""
        asked, world = self.asked, self.world
        if asked.occurrence is not None and any(
            c.occurrence == asked.occurrence and c.state in model.COUNTS and c.id != world.moves
            for c in (*world.contacts, *world.gave_way)
        ):
            yield "occurrence_taken", "customer", ""
        for name, person in zip(self.asked.customers, self.persons, strict=True):
            if self._refused(person.opt_outs):
                yield "opted_out", "customer", name
            if asked.category in ("care", "marketing"):
                if person.is_closed:
                    yield "account_closed", "customer", name
                if person.is_deceased:
                    yield "deceased", "customer", name
        if self.rings and self._refused(world.number_opt_outs.get(asked.endpoint, ())):
            yield "opted_out", "endpoint", asked.endpoint
        if self._visit_has_had_its_two():
            yield "visit_contacts_exhausted", "customer", ""

    def _refused(self, opt_outs: tuple) -> bool:
        asked = self.asked
        return any(ch == asked.channel and asked.category in kinds for ch, kinds in opt_outs)

    def _visit_has_had_its_two(self) -> bool:
        if not self.serves or self.asked.channel == "visit":
            return False
        besides = [
            c
            for c in self.world.contacts
            if c.visit_id == self.asked.visit_id
            and c.channel != "visit"
            and model.counts_at_all(c)
            and model.serves(c, self.visit_at)
            and c.id != self.world.moves
        ]
        return len(besides) >= 2

    def is_blocked(self, at: int) -> bool:
        """Tell whether anything but a soft policy forbids the moment."""
        return bool(self.never) or any(True for _ in self._forbidding(at, soft=False))

    def is_warned_of(self, at: int) -> bool:
        return any(True for _ in self._forbidding(at, soft=True))

    def reasons(self, at: int) -> set[Reason]:
        """Return everything that speaks against a moment: its name, and whom it protects."""
        firm, soft = self._forbidding(at, soft=False), self._forbidding(at, soft=True)
        return {*self.never, *firm, *soft}

    def firm_reasons(self, at: int) -> set[Reason]:
        return {*self.never, *self._forbidding(at, soft=False)}

    def _forbidding(self, at: int, *, soft: bool) -> Iterator[Reason]:
        if not soft:
            yield from self._out_of_bounds(at)
            yield from self._held(at)
            if self._is_greeted_on(local(at, self.world.zone).date()):
                yield "greeted_that_day", "customer", self.asked.customers[0]
            for name, person in zip(self.asked.customers, self.persons, strict=True):
                if any(self.is_wished_away(wish, at) for wish in person.wishes):
                    yield "do_not_disturb", "customer", name
        for cap in self.caps:
            if (cap.law.strength == "soft") is soft and self.is_over(cap, at):
                yield cap.law.key, cap.kind, cap.subject
        for law in self.windows.values():
            if (law.strength == "soft") is soft and self.is_shut(law, at):
                yield law.key, "customer", ""

    def overruns(self, at: int) -> set[Reason]:
        """Return the caps that a contact of an exempt category goes beyond there."""
        return {(c.law.key, c.kind, c.subject) for c in self.beyond if self.is_over(c, at)}

    def is_over(self, cap: Cap, at: int) -> bool:
        return model.breaks_cap(cap.law, cap.others, at, self.world.zone)

    def _out_of_bounds(self, at: int) -> Iterator[Reason]:
        world = self.world
        if self.asked.at < world.now - GRACE and at < world.now:
            yield "in_the_past", "customer", ""
        late = self.serves and self.asked.channel != "visit" and self.visit_at is not None
        last = self.asked.not_after
        if (last is not None and at > last) or (late and at > self.visit_at + 2 * DAY):
            yield "after_last_moment", "customer", ""

    def _held(self, at: int) -> Iterator[Reason]:
        if self.asked.category not in ("care", "marketing"):
            return
        day = local(at, self.world.zone).date()
        for name, person in zip(self.asked.customers, self.persons, strict=True):
            if person.of_age_on is not None and day < person.of_age_on:
                yield "minor_without_consent", "customer", name
            for kind, since, until in person.holds:
                if since <= at and (until is None or at < until):
                    yield HOLDS.get(kind, kind), "customer", name

    def _is_greeted_on(self, day: date) -> bool:
        """Tell whether the person has another greeting on that day: one message says it all."""
        if self.asked.greets is None:
            return False
        first = self.asked.customers[0]
        family = {first} | self.world.people[first].same_as
        return any(
            local(c.at, self.world.zone).date() == day
            for c in self.world.contacts
            if c.greets is not None
            and c.id != self.world.moves
            and family & set(c.customers)
            and model.counts_at_all(c)
        )

    def is_wished_away(self, wish: Wish, at: int) -> bool:
        category = self.asked.category
        covered = UNQUALIFIED if wish.categories is None else wish.categories
        if category == "statutory" or category not in covered:
            return False
        if wish.channels is not None and self.asked.channel not in wish.channels:
            return False
        clock = local(at, self.world.zone)
        if wish.ends_on is not None and clock.date() > wish.ends_on:
            return False
        return wish.hours is None or _within(*wish.hours, clock.hour * 60 + clock.minute)

    def is_shut(self, law: Law, at: int) -> bool:
        clock = local(at, self.world.zone)
        day = clock.date()
        if law.not_on_solemn_days and day in self.world.solemn:
            return True
        if law.workdays_only and not is_workday(day, self.world):
            return True
        if day.isoweekday() not in law.weekdays:
            return True
        return not law.opens <= clock.hour * 60 + clock.minute < law.closes

    def next_allowed(self) -> int | None:
        """Return the first legal instant of all that could be, within 400 days."""
        asked, last = self.asked.at, self.asked.at + HORIZON
        if self.never:
            return None
        for instant in self._instants(asked, last, step=1):
            if asked <= instant <= last and not self.is_blocked(instant):
                return instant
        return None

    def earlier_alternative(self) -> int | None:
        """Return the last legal instant before the one asked that is not past."""
        asked, now = self.asked.at, self.world.now
        if self.never or asked <= now:
            return None
        for instant in self._instants(asked, now, step=-1):
            if now <= instant - 1 < asked and not self.is_blocked(instant - 1):
                return instant - 1
        return None

    def _instants(self, first: int, last: int, *, step: int) -> Iterator[int]:
        """Return all instants at which an answer may change, in order, day by day."""
        zone = self.world.zone
        fixed: dict[date, set[int]] = {}
        for instant in self.turning_points() | {first}:
            fixed.setdefault(local(instant, zone).date(), set()).add(instant)
        day, final = local(first, zone).date(), local(last, zone).date() + timedelta(days=step)
        while day != final:
            yield from sorted(fixed.get(day, set()) | self.edges_of(day), reverse=step < 0)
            day += timedelta(days=step)

    def turning_points(self) -> set[int]:
        world = self.world
        points = {world.now}
        points |= {p + 1 for p in (self.asked.not_after,) if p is not None}
        points |= {self.visit_at + 2 * DAY + 1} if self.visit_at is not None else set()
        for person in self.persons:
            for _, since, until in person.holds:
                points |= {since, *([] if until is None else [until])}
        for cap in self.caps:
            width = (cap.law.seconds or 0) * model.SECOND
            points |= {
                p for at, _ in cap.others for p in (at + width, at - width, at - width + 1, at)
            }
        return points

    def edges_of(self, day: date) -> set[int]:
        zone = self.world.zone
        minutes = {0, 1440}
        for law in self.windows.values():
            minutes |= {law.opens, law.closes}
        for person in self.persons:
            for wish in person.wishes:
                minutes |= set(wish.hours or ())
        return {shown(day, minute, zone, fold) for minute in minutes for fold in (0, 1)}


def is_workday(day: date, world: World) -> bool:
    return day.isoweekday() <= 5 and day not in world.holidays


def _within(start: int, end: int, minute: int) -> bool:
    return start <= minute < end if start < end else minute >= start or minute < end
