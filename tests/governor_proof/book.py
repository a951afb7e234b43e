"""The model's own ledger: what was said to the governor, kept as a world that can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from tests.governor_proof import laws, model
from tests.governor_proof.arbiter import arbitrate, becomes
from tests.governor_proof.judge import Judge, Reason
from tests.governor_proof.model import DAY, Contact, Law, Person, Wish, World

ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = model.micros(datetime(2026, 3, 3, 10, tzinfo=ZONE))
PEOPLE = ("ann", "bob", "cat", "group")
NUMBERS = {"ann": "+8613900000001", "bob": "+8613900000001", "cat": "+8613900000002"}
SOLEMN = frozenset(  # Qingming, Zhongyuan and Hanyi, from an almanac
    {
        date(2026, 4, 5),
        date(2026, 8, 27),
        date(2026, 11, 9),
        date(2027, 4, 5),
        date(2027, 8, 16),
        date(2027, 10, 29),
        date(2028, 4, 4),
        date(2028, 9, 3),
        date(2028, 11, 16),
    }
)
EVERYBODY = "everybody"  # all of a region
ALL_NUMBERS = ("+8613900000001", "+8613900000002", "+8613900000003")
FIRM = DAY  # what is nearer than this is not held but reserved
GIVEN_BACK = ("released", "expired", "preempted", "coalesced")
UNWANTED = ("care", "marketing")
TEXT = ("sms", "wechat", "email")
LONGEST_MARKED = 32 * DAY


@dataclass
class Refusal:
    """An opt-out in force, and whom it follows."""

    number: str
    follows: set[str]


@dataclass(frozen=True)
class Verdict:
    """What the model says of a contact somewhere."""

    is_blocked: bool
    is_warned: bool
    reasons: frozenset[Reason]
    overruns: frozenset[Reason]
    judge: Judge
    losers: tuple[tuple[str, str], ...] = ()


class Book:
    """Everything that was told so far."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.laws: tuple[Law, ...] = laws.SHIPPED
        self.tiers = dict.fromkeys(PEOPLE, "standard")
        self.quiet: set[str] = set()
        self.statuses = dict.fromkeys(PEOPLE, "active")
        self.links: set[frozenset[str]] = set()
        self.wishes: dict[str, tuple[str, Wish]] = {}
        self.holds: dict[str, tuple[str, tuple[str, int, int | None]]] = {}
        self.refusals: list[Refusal] = []
        self.numbers = dict(NUMBERS)
        self.contacts: dict[str, Contact] = {}
        self.planned: dict[str, int] = {}

    def family(self, name: str) -> set[str]:
        """Return all who are one person with somebody."""
        found, more = {name}, {name}
        while more:
            more = {b for link in self.links if link & more for b in link} - found
            found |= more
        return found

    def world(self, asked: Contact, *, moves: str | None = None) -> World:
        return World(
            zone=ZONE,
            now=self.now,
            laws=self.laws,
            people={name: self._person(name) for name in PEOPLE},
            contacts=list(self.contacts.values()),
            asked=asked,
            moves=moves,
            solemn=SOLEMN,
            number_opt_outs={r.number: (("sms", UNWANTED),) for r in self.refusals},
        )

    def _person(self, name: str) -> Person:
        family = self.family(name)
        follows = any(family & r.follows for r in self.refusals)
        return Person(
            tier=self.tiers[name],
            segments=frozenset({"quiet"} if name in self.quiet else ()),
            same_as=frozenset(family - {name}),
            is_closed=self.statuses[name] == "closed",
            is_deceased=any(self.statuses[n] == "deceased" for n in family),
            wishes=tuple(wish for n, wish in self.wishes.values() if n in family),
            holds=tuple(hold for n, hold in self.holds.values() if n in {*family, EVERYBODY}),
            opt_outs=(("sms", UNWANTED),) if follows else (),
        )

    def judge(self, asked: Contact, *, moves: str | None = None) -> Verdict:
        """Say what the plan would be answered."""
        world = self.world(asked, moves=moves)
        settled, losers = arbitrate(world)
        ends = tuple((loser.id, becomes(loser, world)) for loser in losers)
        return self._verdict(Judge(settled), asked, ends)

    def judge_fact(self, asked: Contact, *, moves: str | None = None) -> Verdict:
        """Say what a contact goes beyond that has happened: it wins no place from anybody."""
        return self._verdict(Judge(self.world(asked, moves=moves)), asked)

    def _verdict(
        self, judge: Judge, asked: Contact, losers: tuple[tuple[str, str], ...] = ()
    ) -> Verdict:
        return Verdict(
            judge.is_blocked(asked.at),
            judge.is_warned_of(asked.at),
            frozenset(judge.reasons(asked.at)),
            frozenset(judge.overruns(asked.at)),
            judge,
            losers,
        )

    def beyond(self, verdict: Verdict, asked: Contact) -> set[Reason]:
        """Return what is recorded against a fact: all that is firm but being late."""
        firm = verdict.judge.firm_reasons(asked.at)
        return {r for r in firm if r[0] != "in_the_past"} | verdict.overruns

    def is_said_by_another(self, verdict: Verdict, asked: Contact) -> bool:
        """Tell whether only other contacts forbid it, a greeting of that day among them."""
        judge, firm = verdict.judge, verdict.judge.firm_reasons(asked.at)
        caps = {
            (c.law.key, c.kind, c.subject)
            for c in judge.caps
            if c.law.n != 0 and c.law.strength != "soft"
        }
        greeted = {r for r in firm if r[0] == "greeted_that_day"}
        return bool(greeted) and firm <= caps | greeted

    def enter(self, contact: Contact) -> None:
        self.contacts[contact.id] = contact
        self.planned.setdefault(contact.id, contact.at)

    def put(self, contact_id: str, **changes) -> None:
        self.contacts[contact_id] = replace(self.contacts[contact_id], **changes)

    def change_number(self, who: str, number: str) -> None:
        """Let what is planned follow the person; what happened stays with the number that rang."""
        former, self.numbers[who] = self.numbers[who], number
        for contact in list(self.contacts.values()):
            is_planned = contact.state in ("held", "reserved") and contact.at >= self.now - DAY
            if is_planned and contact.customers[0] == who and contact.endpoint == former:
                self.put(contact.id, endpoint=number)

    def lose(self, losers: tuple[tuple[str, str], ...]) -> None:
        for contact_id, state in losers:
            self.put(contact_id, state=state)

    def unmarked_but_illegal(self, marked: set[str], *, beside: Contact) -> Iterator[str]:
        """Return the plans beside a fact that stand where they may not, and are not marked."""
        for contact in self.contacts.values():
            is_plan = contact.state in ("held", "reserved") and contact.id != beside.id
            is_near = abs(contact.at - beside.at) <= LONGEST_MARKED
            if is_plan and is_near and self._touch(contact, beside) and contact.id not in marked:
                verdict = self.judge_fact(contact, moves=contact.id)
                firm = verdict.judge.firm_reasons(contact.at)
                if any(r[0] != "in_the_past" for r in firm):
                    yield contact.id

    def _touch(self, one: Contact, other: Contact) -> bool:
        ring = one.endpoint is not None and one.endpoint == other.endpoint
        met = {n for c in other.customers for n in self.family(c)}
        return ring or bool(met & set(one.customers))

    def law(self, key: str) -> Law | None:
        return next((law for law in self.laws if law.key == key), None)

    def change_laws(self, key: str, **changes) -> None:
        self.laws = tuple(
            Law(**{**law.__dict__, **changes}) if law.key == key else law for law in self.laws
        )

    def retire(self, key: str) -> None:
        self.laws = tuple(law for law in self.laws if law.key != key)


def local_date(moment: int) -> date:
    return model.local(moment, ZONE).date()


def clock(moment: int, days: int, minute: int) -> int:
    """Return when the local clock shows so many minutes, some days after a moment."""
    return model.shown(model.plus(local_date(moment), days), minute, ZONE)
