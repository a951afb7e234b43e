"""The rules of contact frequency once more, by brute definition and with no code of the product.

Nothing here is clever: to judge a moment it puts the contact there and counts. To find the nearest
legal moment it tries, one after another, every instant at which anything could change. Moments are
microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
START = datetime(1970, 1, 1, tzinfo=UTC)
COUNTS = {"held", "reserved", "in_flight", "uncertain", "consumed"}
EVERY_CHANNEL = frozenset({"visit", "call", "sms", "wechat", "email"})
EVERY_CATEGORY = frozenset({"care", "marketing", "service", "complaint", "payment", "statutory"})
RINGS = {"call", "sms"}
NARROWNESS = {"organisation": 0, "tier": 1, "segment": 2, "customer": 3}


@dataclass(frozen=True)
class Law:
    """A policy."""

    key: str
    kind: str
    strength: str = "hard"
    n: int | None = None
    seconds: int | None = None
    days: int | None = None
    period: str | None = None
    blocks: tuple[frozenset, frozenset] = (EVERY_CHANNEL, EVERY_CATEGORY)
    counts: tuple[frozenset, frozenset] = (EVERY_CHANNEL, EVERY_CATEGORY)
    subjects: frozenset = frozenset({"customer", "endpoint"})
    opens: int = 0
    closes: int = 1440
    weekdays: frozenset = frozenset(range(1, 8))
    workdays_only: bool = False
    not_on_solemn_days: bool = False
    greetings_only: bool = False
    waived_by: str | None = None
    scope: tuple[str, str] = ("organisation", "")
    loosens: str | None = None
    may_be_loosened_by: frozenset = frozenset()
    ceiling: int | None = None


@dataclass(frozen=True)
class Contact:
    """A contact planned or made."""

    id: str
    at: int
    channel: str
    category: str
    customers: tuple[str, ...]
    state: str = "reserved"
    outcome: str | None = None
    begun_by_customer: bool = False
    endpoint: str | None = None
    visit_id: str | None = None
    occurrence: str | None = None
    greets: int | None = None  # the class of the occasion that it greets
    rank: int = 0
    is_agreed: bool = False
    not_after: int | None = None
    made_at: int | None = None


@dataclass(frozen=True)
class Wish:
    """Not to be disturbed."""

    channels: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    hours: tuple[int, int] | None = None
    ends_on: date | None = None


@dataclass
class Person:
    """A customer."""

    tier: str = "standard"
    segments: frozenset = frozenset()
    same_as: frozenset = frozenset()
    is_closed: bool = False
    is_deceased: bool = False
    of_age_on: date | None = None
    wishes: tuple[Wish, ...] = ()
    holds: tuple[tuple[str, int, int | None], ...] = ()
    opt_outs: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass
class World:
    """Everything there is when somebody asks; `moves` names the contact that asks to be moved."""

    zone: ZoneInfo
    now: int
    laws: tuple[Law, ...]
    people: dict[str, Person]
    contacts: list[Contact]
    asked: Contact
    moves: str | None = None
    gave_way: tuple[Contact, ...] = ()  # they count no more, but what they say is said
    solemn: frozenset = frozenset()
    holidays: frozenset = frozenset()
    number_opt_outs: dict[str, tuple] = field(default_factory=dict)


def local(moment: int, zone: ZoneInfo) -> datetime:
    return (START + timedelta(microseconds=moment)).astimezone(zone)


def plus(day: date, days: int) -> date:
    return day + timedelta(days=days)


def micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - START) // timedelta(microseconds=1)


@lru_cache(maxsize=100_000)
def shown(day: date, minutes: int, zone: ZoneInfo, fold: int = 0) -> int:
    """Return when the local clock shows so many minutes on a day."""
    day += timedelta(days=minutes // 1440)
    hour, minute = divmod(minutes % 1440, 60)
    return micros(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold))


def laws_for(
    laws: tuple[Law, ...], customer_id: str, tier: str, segments: frozenset = frozenset()
) -> list[Law]:
    """Return the laws for a customer, replaced only where the broader one lets itself be.

    One that the law it says to loosen does not let in stands for itself: it applies beside.
    """
    mine = [
        law
        for law in laws
        if law.scope in {("organisation", ""), ("tier", tier), ("customer", customer_id)}
        or (law.scope[0] == "segment" and law.scope[1] in segments)
    ]
    replaced: dict[str, list[Law]] = {}
    for broad in mine:
        for narrow in mine:
            if _may_replace(narrow, broad, mine):
                replaced.setdefault(broad.key, []).append(narrow)
    standing = [law for law in mine if law.key not in replaced]
    return [_bound(law, mine, replaced) for law in standing]


def _may_replace(narrow: Law, broad: Law, mine: list[Law]) -> bool:
    return _lets_in(broad, narrow) and _family(narrow, mine) == _family(broad, mine)


def _lets_in(broad: Law, narrow: Law) -> bool:
    """Tell whether a law may take another's place: of two segments neither is narrower."""
    is_narrower = NARROWNESS[narrow.scope[0]] > NARROWNESS[broad.scope[0]]
    return is_narrower and narrow.scope[0] in broad.may_be_loosened_by


def _family(law: Law, mine: list[Law]) -> str:
    """Return the broadest law that this one goes back to, each step of which let it in."""
    for broad in mine:
        if broad.key == law.loosens and _lets_in(broad, law):
            return _family(broad, mine)
    return law.key


def _bound(law: Law, mine: list[Law], replaced: dict[str, list[Law]]) -> Law:
    # What stands beside the one that it would loosen goes no farther than that one may.
    line = [law]
    while above := [one for one in mine if one.key == line[-1].loosens]:
        line += above
    ceilings = [
        other.ceiling
        for other in mine
        if other.ceiling is not None and any(one in replaced.get(other.key, ()) for one in line)
    ]
    if not ceilings:
        return law
    if law.kind == "min_gap":
        return _with(law, seconds=max(law.seconds, *ceilings))
    return _with(law, n=min(law.n, *ceilings))


def _with(law: Law, **changes) -> Law:
    return Law(**{**law.__dict__, **changes})


def counts_at_all(contact: Contact) -> bool:
    return contact.state in COUNTS and not contact.begun_by_customer


def counts_toward(contact: Contact, law: Law) -> bool:
    """Tell whether a contact in the ledger uses up a law's allowance."""
    if not counts_at_all(contact):
        return False
    channels, categories = law.counts
    if contact.channel not in channels or contact.category not in categories:
        return False
    if contact.channel == "call" and contact.outcome == "no_answer":
        return channels == EVERY_CHANNEL
    if contact.channel == "visit" and contact.outcome == "absent":
        return channels == {"visit"}
    return True


CLASSES = {"statutory": 0, "complaint": 1, "payment": 3, "marketing": 8}
AGREED, FOLLOWS_UP = 2, 7


def standing(contact: Contact) -> int:
    """Return the class in which a contact competes for a place."""
    if contact.category in CLASSES:
        return CLASSES[contact.category]
    if contact.greets is not None:
        return contact.greets
    return AGREED if contact.is_agreed else FOLLOWS_UP


def comes_before(one: Contact, other: Contact, world: World) -> bool:
    """Tell which of two contacts has its place: in one order, without ties."""
    if standing(one) != standing(other):
        return standing(one) < standing(other)
    if one.rank != other.rank:
        return one.rank < other.rank
    if one.is_agreed != other.is_agreed:
        return one.is_agreed
    if one.not_after != other.not_after:
        return other.not_after is None or (
            one.not_after is not None and one.not_after < other.not_after
        )
    made = [world.now if c.made_at is None else c.made_at for c in (one, other)]
    if made[0] != made[1]:
        return made[0] < made[1]
    if world.asked.id in (one.id, other.id):  # what has no place yet comes last
        return one.id != world.asked.id
    return one.id < other.id


def visit_start(world: World, visit_id: str | None) -> int | None:
    for contact in world.contacts:
        if (contact.visit_id, contact.channel) == (visit_id, "visit") and contact.state in COUNTS:
            return contact.at
    return None


def serves(contact: Contact, visit_at: int | None) -> bool:
    """Tell whether a contact is one with its visit: thanks come within 48 hours."""
    if contact.visit_id is None:
        return False
    return contact.channel == "visit" or visit_at is None or contact.at <= visit_at + 2 * DAY


def unit(world: World, contact: Contact) -> str:
    if serves(contact, visit_start(world, contact.visit_id)):
        return f"visit {contact.visit_id}"
    return contact.id


def breaks_cap(law: Law, others: list[tuple[int, str]], at: int, zone: ZoneInfo) -> bool:
    """Put a contact at a moment and count: does any stretch that holds it hold too many?"""
    if law.n == 0:
        return True
    allowed = 1 if law.kind == "min_gap" else law.n
    if law.kind in ("rolling", "min_gap"):
        return _crowded(others, at, law.seconds * SECOND, allowed)
    days = [(local(moment, zone).date(), who) for moment, who in others]
    here = local(at, zone).date()
    if law.kind == "rolling_days":
        return _crowded(
            [(d.toordinal(), who) for d, who in days], here.toordinal(), law.days, allowed
        )
    same = {who for day, who in days if _bucket(law.period, day) == _bucket(law.period, here)}
    return len(same) + 1 > allowed


def _crowded(others: list[tuple[int, str]], at: int, width: int, allowed: int) -> bool:
    near = [(moment, who) for moment, who in others if abs(moment - at) < width]
    for first in [at, *(moment for moment, _ in near if moment <= at)]:
        inside = {who for moment, who in near if first <= moment < first + width}
        if len(inside) + 1 > allowed:
            return True
    return False


def _bucket(period: str, day: date) -> tuple:
    if period == "week":
        return tuple(day.isocalendar())[:2]
    return (day.year, day.month) if period == "month" else (day,)
