"""Judge a moment, and find the nearest legal ones by trying every instant that could matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tests.governor_proof import model
from tests.governor_proof.model import DAY, Law, Wish, World, local, shown

HORIZON = 400 * DAY
GRACE = 5 * 60 * model.SECOND
UNQUALIFIED = {"care", "marketing", "service"}


class Judge:
    """One question asked of one world."""

    def __init__(self, world: World) -> None:
        self.world, self.asked = world, world.asked
        self.visit_at = model.visit_start(world, self.asked.visit_id)
        self.serves = model.serves(self.asked, self.visit_at)
        self.rings = self.asked.channel in model.RINGS and self.asked.endpoint is not None
        self.persons = [world.people[c] for c in self.asked.customers]
        self.caps: list[tuple[Law, list[tuple[int, str]]]] = []
        self.windows: dict[str, Law] = {}
        self._units = {c.id: model.unit(world, c) for c in world.contacts}
        for customer_id in self.asked.customers:
            self._gather(customer_id)
        self.never = self._is_never_legal()

    def _gather(self, customer_id: str) -> None:
        world, person = self.world, self.world.people[customer_id]
        family = {customer_id} | person.same_as
        touching = [c for c in world.contacts if family & set(c.customers)]
        laws = model.laws_for(world.laws, customer_id, person.tier)
        laws = [w for w in laws if self._can_block(w)]
        self.windows |= {law.key: law for law in laws if law.kind == "window"}
        caps = [law for law in laws if law.kind != "window"]
        self._count(caps, touching, "customer")
        if self.rings and customer_id == self.asked.customers[0]:
            ringing = [
                c
                for c in world.contacts
                if c.channel in model.RINGS and c.endpoint == self.asked.endpoint
            ]
            self._count(caps, ringing, "endpoint")

    def _can_block(self, law: Law) -> bool:
        if self.asked.channel not in law.blocks[0] or self.asked.category not in law.blocks[1]:
            return False
        if law.greetings_only and self.asked.occurrence is None:
            return False
        if law.waived_by == "agreement" and self.world.is_agreed:
            return False
        return not (law.waived_by == "deadline" and self.world.not_after is not None)

    def _count(self, laws: list[Law], contacts: list[model.Contact], kind: str) -> None:
        own = f"visit {self.asked.visit_id}" if self.serves else None
        for law in laws:
            if kind in law.subjects:
                counted = [
                    (c.at, self._units[c.id])
                    for c in contacts
                    if c.id != self.world.moves
                    and self._units[c.id] != own
                    and model.counts_toward(c, law)
                ]
                self.caps.append((law, counted))

    def _is_never_legal(self) -> bool:
        asked, world = self.asked, self.world
        said = asked.occurrence is not None and any(
            c.occurrence == asked.occurrence and c.state in model.COUNTS and c.id != world.moves
            for c in world.contacts
        )
        opted = [o for person in self.persons for o in person.opt_outs]
        opted += world.number_opt_outs.get(asked.endpoint, ()) if self.rings else ()
        refused = any(ch == asked.channel and asked.category in kinds for ch, kinds in opted)
        gone = asked.category in ("care", "marketing") and any(
            p.is_closed or p.is_deceased for p in self.persons
        )
        return said or refused or gone or self._visit_has_had_its_two()

    def _visit_has_had_its_two(self) -> bool:
        if not self.serves or self.asked.channel == "visit":
            return False
        besides = [
            c
            for c in self.world.contacts
            if c.visit_id == self.asked.visit_id
            and c.channel != "visit"
            and c.state in model.COUNTS
            and c.id != self.world.moves
        ]
        return len(besides) >= 2

    def is_blocked(self, at: int) -> bool:
        """Tell whether anything but a soft policy forbids the moment."""
        return (
            self.never
            or self._out_of_bounds(at)
            or self._held(at)
            or any(self._wished_away(wish, at) for p in self.persons for wish in p.wishes)
            or self._breaks(at, soft=False)
        )

    def is_warned_of(self, at: int) -> bool:
        return self._breaks(at, soft=True)

    def _out_of_bounds(self, at: int) -> bool:
        world = self.world
        if self.asked.at < world.now - GRACE and at < world.now:
            return True
        if world.not_after is not None and at > world.not_after:
            return True
        late = self.serves and self.asked.channel != "visit" and self.visit_at is not None
        return late and at > self.visit_at + 2 * DAY

    def _held(self, at: int) -> bool:
        if self.asked.category not in ("care", "marketing"):
            return False
        day = local(at, self.world.zone).date()
        return any(
            (p.of_age_on is not None and day < p.of_age_on)
            or any(since <= at and (until is None or at < until) for _, since, until in p.holds)
            for p in self.persons
        )

    def _wished_away(self, wish: Wish, at: int) -> bool:
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

    def _breaks(self, at: int, *, soft: bool) -> bool:
        zone = self.world.zone
        return any(
            model.breaks_cap(law, others, at, zone)
            for law, others in self.caps
            if (law.strength == "soft") is soft
        ) or any(
            self._is_shut(law, at)
            for law in self.windows.values()
            if (law.strength == "soft") is soft
        )

    def _is_shut(self, law: Law, at: int) -> bool:
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
        for instant in self._turning_points() | {first}:
            fixed.setdefault(local(instant, zone).date(), set()).add(instant)
        day, final = local(first, zone).date(), local(last, zone).date() + timedelta(days=step)
        while day != final:
            yield from sorted(fixed.get(day, set()) | self._of_day(day), reverse=step < 0)
            day += timedelta(days=step)

    def _turning_points(self) -> set[int]:
        world = self.world
        points = {world.now}
        points |= {p + 1 for p in (world.not_after,) if p is not None}
        points |= {self.visit_at + 2 * DAY + 1} if self.visit_at is not None else set()
        for person in self.persons:
            for _, since, until in person.holds:
                points |= {since, *([] if until is None else [until])}
        for law, others in self.caps:
            width = (law.seconds or 0) * model.SECOND
            points |= {p for at, _ in others for p in (at + width, at - width, at - width + 1, at)}
        return points

    def _of_day(self, day: date) -> set[int]:
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
